// Package wats is for converter plugins of the WATS station service.
//
// A converter turns a result file of test equipment into WATS reports. It is a value with two functions, and one line that
// exports it:
//
//	package main
//
//	import (
//		"bytes"
//		"strings"
//
//		wats "wats.dev/converter"
//	)
//
//	var converter = wats.Converter[wats.NoSettings]{
//		Descriptor: wats.Descriptor{
//			Name:     "one-line",
//			Version:  "1.0.0",
//			Summary:  "SERIAL;VOLTS in one line",
//			Patterns: []string{"*.one"},
//		},
//		Probe: func(in *wats.Input, _ *wats.NoSettings) wats.Detection {
//			if bytes.ContainsRune(in.Main.Head(64), ';') {
//				return wats.Likely(0.6)
//			}
//			return wats.No("no semicolon")
//		},
//		Convert: func(in *wats.Input, _ *wats.NoSettings, reports *wats.Reports) error {
//			text, err := in.Main.Text("")
//			if err != nil {
//				return err
//			}
//			serial, volts, found := strings.Cut(strings.TrimSpace(text), ";")
//			if !found {
//				return wats.Malformed("no semicolon").AtLine(1)
//			}
//			value, err := wats.Number(volts)
//			if err != nil {
//				return wats.AtCell(err, 1, 2)
//			}
//			uut := reports.UUT(wats.Header{SerialNumber: serial})
//			uut.Numeric("Supply", value).Unit("V").Between(4.9, 5.1)
//			_, err = uut.Finish()
//			return err
//		},
//	}
//
//	func main() { wats.Export(converter) }
//
// Compiled for WebAssembly this is a component that the station loads. Compiled natively it is a value that `go test` runs in
// the test kit, package watstest, through the same code.
//
// A converter has no clock, no random numbers, no network, no files but its input, and no memory of the file before: each
// conversion gets a fresh instance.
//
// A panic ends the conversion, and its message, file and line reach the operator. What the program prints goes to the log.
package wats
