package wats

import (
	"sync"
)

// NoSettings is for a converter with nothing to set.
type NoSettings = struct{}

// Converter turns result files of test equipment into WATS reports.
//
// S is the struct of its settings, [NoSettings] when there are none. The station checks what the operator wrote against the JSON
// schema that is made from the struct, and fills in the defaults. A field is one setting:
//
//	type Settings struct {
//		// Name in the settings file; without the tag the field's own. "-" is none of them.
//		DecimalMark string `json:"decimal_mark" default:"." enum:".|," doc:"Decimal mark of the numbers"`
//		// Without a default the operator must give it, unless it is a pointer.
//		Limit   float64        `json:"limit" minimum:"0" maximum:"100"`
//		Process *uint32        `json:"process"`
//		Columns []string       `json:"columns" default:"[\"name\", \"value\"]"`
//		Names   map[string]int `json:"names" default:"{}"`
//	}
//
// Bounds are minimum, maximum (of numbers), minLength, maxLength (of strings), minItems and maxItems (of slices), as in JSON Schema; an enum
// lists its values with "|" between them. A default must keep them.
//
// Fields can be strings, bools, numbers, structs, and slices, pointers and maps (by strings) of them. A default is JSON; of a string it
// is the text itself. An embedded struct is a table under its own name. A struct cannot hold itself.
type Converter[S any] struct {
	// What the converter is. The same at every call.
	Descriptor Descriptor

	// Probe tells whether the converter can read the input. A good probe reads the first few KiB and no more. It must not write
	// reports. Without one, the descriptor's rules are all that is asked, and the converter takes what fits them with
	// confidence 0.5.
	Probe func(in *Input, settings *S) Detection

	// Convert reads the input and writes its reports. A file gives all of its reports or none: with any error it gives none.
	//
	// nil: converted, with all reports that were finished or emitted, possibly none. [Skipped]: not this converter's after all.
	// [Waiting]: to be tried again later. Any other error is why the file cannot be converted; an [*Error] in its chain gives
	// kind and place.
	Convert func(in *Input, settings *S, reports *Reports) error
}

// One conversion at a time: log and lookup have no parameter that tells the station.
var running sync.Mutex

// Schema gives the JSON Schema (2020-12) of the settings; empty when there are none.
//
// It fails for a struct that cannot be settings: a field of a kind that JSON has not, a default that is not one.
func (c Converter[S]) Schema() (schema string, err error) {
	defer recovered(&err)
	return settingsSchema[S]()
}

// Grants gives what the descriptor asks for.
func (c Converter[S]) Grants() []Grant { return c.Descriptor.Grants }

// ProbeOn asks whether the converter can read the input, on the given station. The test kit calls it, authors do not.
func (c Converter[S]) ProbeOn(station Station, main StationFile, companions []StationFile) (found Detection, err error) {
	defer on(station)()
	defer recovered(&err)
	if c.Probe == nil {
		return Likely(0.5), nil
	}
	settings, err := settingsFrom[S](station.SettingsJSON())
	if err != nil {
		return Detection{}, err
	}
	return c.Probe(newInput(main, companions), settings), nil
}

// ConvertOn converts the input, on the given station. The test kit calls it, authors do not.
//
// The error is nil, [Skipped], [Waiting] or an [*Error].
func (c Converter[S]) ConvertOn(station Station, main StationFile, companions []StationFile) error {
	defer on(station)()
	return c.convert(station, newInput(main, companions))
}

func (c Converter[S]) convert(station Station, in *Input) (err error) {
	defer recovered(&err)
	if c.Convert == nil {
		return Internal("the converter has no function Convert")
	}
	settings, err := settingsFrom[S](station.SettingsJSON())
	if err != nil {
		return err
	}
	// Here, where a panic of an author's error is caught as well.
	return verdict(c.Convert(in, settings, &Reports{station: station}))
}

// Makes the station that of log and lookup until the returned function is called.
func on(station Station) func() {
	running.Lock()
	before := current
	current = station
	return func() {
		current = before
		running.Unlock()
	}
}
