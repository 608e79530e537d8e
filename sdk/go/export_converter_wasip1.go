//go:build !scheduled_converter

package wats

import (
	exports "wats.dev/converter/internal/bindings/exports/export_wit_world"
	_ "wats.dev/converter/internal/bindings/exports/wit_exports" // the exported functions
	conversion "wats.dev/converter/internal/bindings/imports/wats_converter_conversion"
	"wats.dev/converter/internal/bindings/imports/wats_converter_source"
	wit "wats.dev/converter/internal/wit/types"
)

// For which world this is built.
const forSchedules = false

func init() {
	exports.Describe = describe
	exports.Probe = probe
	exports.Convert = convert
}

func probe(input conversion.Input) conversion.Detection {
	started, err := start()
	if err != nil {
		stop(err)
	}
	main, companions := files(input)
	found, err := started.probe(theHost, main, companions)
	if err != nil {
		// It must not look like "not my file", or a more general plugin would get it: a plugin that traps is held, and its files wait.
		stop(err)
	}
	wire := conversion.Detection{Confidence: found.Confidence, Detail: valid(found.Detail), Missing: allValid(found.Missing)}
	for _, text := range [...]struct{ key, text string }{
		{"serial-number", found.SerialNumber}, {"part-number", found.PartNumber},
	} {
		if text.text != "" {
			wire.Properties = append(wire.Properties, wireProperty(Property{text.key, Text(text.text)}))
		}
	}
	return wire
}

func convert(input conversion.Input) wit.Result[conversion.Outcome, conversion.ConvertError] {
	started, err := start()
	if err == nil {
		main, companions := files(input)
		err = started.convert(theHost, main, companions)
	}
	return ended(err)
}

func files(input conversion.Input) (main StationFile, companions []StationFile) {
	for _, companion := range input.Companions {
		companions = append(companions, hostFile{keep(companion)})
	}
	return hostFile{keep(input.Main)}, companions
}

// Files are kept until the instance ends: the collector would drop their handles at a time when the host may not be called.
var kept []*wats_converter_source.File

func keep(file *wats_converter_source.File) *wats_converter_source.File {
	kept = append(kept, file)
	return file
}
