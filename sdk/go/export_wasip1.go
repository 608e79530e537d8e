package wats

import (
	_ "unsafe" // for linkname

	conversion "wats.dev/converter/internal/bindings/imports/wats_converter_conversion"
	wit "wats.dev/converter/internal/wit/types"
)

// A converter whatever its settings are. A scheduled one has run, and neither probe nor convert.
type plugin struct {
	descriptor Descriptor
	schema     func() (string, error)
	probe      func(station Station, main StationFile, companions []StationFile) (Detection, error)
	convert    func(station Station, main StationFile, companions []StationFile) error
	run        func(station ScheduledStation, run Run) error
}

var exported *plugin

// Export makes the converter the plugin that this program is: call it in main, and do nothing else there. Once per program.
//
// Natively it only says that the program is a plugin.
func Export[S any](converter Converter[S]) {
	exported = &plugin{converter.Descriptor, converter.Schema, converter.ProbeOn, converter.ConvertOn, nil}
}

// ExportScheduled makes the scheduled converter the plugin that this program is, as [Export] does.
func ExportScheduled[S any](converter ScheduledConverter[S]) {
	exported = &plugin{converter.Descriptor, converter.Schema, nil, nil, converter.RunOn}
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
		return nil, Internal("main calls neither wats.Export nor wats.ExportScheduled")
	}
	if scheduled := exported.run != nil; scheduled != forSchedules {
		if scheduled {
			return nil, Internal(`the plugin is a scheduled converter: say world = "scheduled-converter" in wats-plugin.toml`)
		}
		return nil, Internal(`the plugin converts files: leave out world = "scheduled-converter" in wats-plugin.toml`)
	}
	return exported, nil
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

// The outcome of a call, or its error.
func ended(err error) wit.Result[conversion.Outcome, conversion.ConvertError] {
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
			Kind: uint8(min(err.Kind, KindInternal)), Message: valid(err.Message), Place: wirePlace(err.Place), File: unlessEmpty(err.File),
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

// Each of them.
func allValid(texts []string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, valid(text))
	}
	return all
}
