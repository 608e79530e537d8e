package wats

import (
	"strings"
	_ "unsafe" // for linkname

	exports "wats.dev/converter/internal/bindings/exports/export_wit_world"
	_ "wats.dev/converter/internal/bindings/exports/wit_exports" // the exported functions
	conversion "wats.dev/converter/internal/bindings/imports/wats_converter_conversion"
	"wats.dev/converter/internal/bindings/imports/wats_converter_source"
	wit "wats.dev/converter/internal/wit/types"
)

// A converter whatever its settings are.
type plugin struct {
	descriptor Descriptor
	schema     func() (string, error)
	probe      func(station Station, main StationFile, companions []StationFile) (Detection, error)
	convert    func(station Station, main StationFile, companions []StationFile) error
}

var exported *plugin

// Export makes the converter the plugin that this program is: call it in main, and do nothing else there. Once per program.
//
// Natively it only says that the program is a plugin.
func Export[S any](converter Converter[S]) {
	exported = &plugin{converter.Descriptor, converter.Schema, converter.ProbeOn, converter.ConvertOn}
}

// A library does not run main by itself.
//
//go:linkname mainMain main.main
func mainMain()

// The converter that main exports.
func start() (p *plugin, err error) {
	if exported == nil {
		defer recovered(&err)
		mainMain()
	}
	if exported == nil {
		return nil, Internal("main does not call wats.Export")
	}
	return exported, nil
}

func init() {
	exports.Describe = describe
	exports.Probe = probe
	exports.Convert = convert
}

func describe() conversion.Descriptor {
	started, err := start()
	if err != nil {
		stop(err)
	}
	schema, err := started.schema()
	if err != nil {
		stop(err)
	}
	d := started.descriptor
	wire := conversion.Descriptor{
		Name: valid(d.Name), Version: valid(d.Version), Summary: valid(d.Summary), Formats: allValid(d.Formats), SettingsSchema: valid(schema),
		Recognition: conversion.Recognition{
			Patterns: allValid(d.Patterns), MinSize: unless0(d.MinSize), MaxSize: unless0(d.MaxSize),
			Contains: allValid(d.Contains),
		},
	}
	for _, magic := range d.Magic {
		wire.Recognition.Magic = append(wire.Recognition.Magic, conversion.Magic{Offset: magic.Offset, Bytes: magic.Bytes})
	}
	for _, grant := range d.Grants {
		wire.Grants = append(wire.Grants, string(grant))
	}
	for _, text := range [...]struct{ key, text string }{
		{"homepage", d.Homepage}, {"license", d.License}, {"author", d.Author},
	} {
		if text.text != "" {
			wire.Properties = append(wire.Properties, wireProperty(Property{text.key, Text(text.text)}))
		}
	}
	return wire
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
	ok := wit.Ok[conversion.Outcome, conversion.ConvertError]
	switch err := err.(type) {
	case nil:
		return ok(conversion.MakeOutcomeConverted())
	case *SkippedError:
		return ok(conversion.MakeOutcomeSkipped(valid(err.Why)))
	case Waiting:
		waiting := conversion.Waiting{Reason: valid(err.Reason), Missing: allValid(err.Missing)}
		if err.RetryAfter > 0 {
			waiting.RetryAfter = wit.Some(err.RetryAfter)
		}
		return ok(conversion.MakeOutcomeWaiting(waiting))
	case *Error:
		return wit.Err[conversion.Outcome](conversion.ConvertError{
			Kind: uint8(err.Kind), Message: valid(err.Message), Place: wirePlace(err.Place), File: unlessEmpty(err.File),
		})
	default:
		return wit.Err[conversion.Outcome](conversion.ConvertError{
			Kind: conversion.ErrorKind_Internal, Message: valid(err.Error()), Place: conversion.MakePlaceWhole(),
		})
	}
}

// Ends the call: the host shows the last error line of a plugin that traps.
func stop(err error) {
	theHost.Log(LevelError, err.Error())
	procExit(1)
}

//go:wasmimport wasi_snapshot_preview1 proc_exit
func procExit(code int32)

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

func wirePlace(place Place) conversion.Place {
	switch {
	case place.Path != "":
		return conversion.MakePlacePath(valid(place.Path))
	case place.HasOffset && place.Offset >= 0:
		return conversion.MakePlaceOffset(uint64(place.Offset))
	case place.Line > 0 && place.Column > 0:
		return conversion.MakePlaceCell(conversion.Cell{Line: uint32(place.Line), Column: uint32(place.Column)})
	case place.Line > 0:
		return conversion.MakePlaceLine(uint32(place.Line))
	}
	return conversion.MakePlaceWhole()
}

func unless0(number uint64) wit.Option[uint64] {
	if number == 0 {
		return wit.None[uint64]()
	}
	return wit.Some(number)
}

func unlessEmpty(text string) wit.Option[string] {
	if text == "" {
		return wit.None[string]()
	}
	return wit.Some(valid(text))
}

// The contract's texts are UTF-8, and a plugin that hands over anything else is stopped.
// Each of them.
func allValid(texts []string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, valid(text))
	}
	return all
}

func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
