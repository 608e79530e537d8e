//go:build !wasip1

package wats

import "os"

// Export makes the converter the plugin that this program is: call it in main, and do nothing else there. Once per program.
//
// Natively it only says that the program is a plugin.
func Export[S any](converter Converter[S]) {
	os.Stderr.WriteString(converter.Descriptor.Name + " is a plugin for a WATS station: build it with `wats plugin build`\n")
}

// ExportScheduled makes the scheduled converter the plugin that this program is, as [Export] does.
func ExportScheduled[S any](converter ScheduledConverter[S]) {
	os.Stderr.WriteString(converter.Descriptor.Name + " is a plugin for a WATS station: build it with `wats plugin build`\n")
}
