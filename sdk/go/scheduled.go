package wats

import (
	"strconv"
	"unicode/utf8"
)

// ScheduledConverter is a plugin that is run at times instead of being given files: it asks other systems ([HTTPGet]) and makes
// reports of what they answer. wats-plugin.toml says world = "scheduled-converter", and main calls [ExportScheduled].
//
// Every run gets a fresh instance; what is to be known at the next one is remembered ([SetStateText]). Two runs may meet the same
// results: give each report a Key and a Start, so that what is known already is recognised. A report without them is refused.
//
// S is the struct of its settings, as of a [Converter].
type ScheduledConverter[S any] struct {
	// What the plugin is, without rules of what files look like.
	Descriptor Descriptor

	// Run looks for results and writes their reports.
	//
	// nil: converted. [Skipped]: there was nothing to do. [Waiting]: not now. Any other error is what is wrong: then there is no
	// report at all, nothing is remembered, and the next run tries again. An [*HTTPError] is what it means: nobody there, or no
	// answer in time, makes the station try again later.
	Run func(run Run, settings *S, reports *Reports) error
}

// Run is a run of a [ScheduledConverter].
type Run struct {
	// Due is when it was due, ISO 8601 with an offset. The only clock that there is.
	Due string
	// Previous is when the last run was due that went well; empty before the first.
	Previous string
	// ByHand says that an operator asked for it.
	ByHand bool
}

// Schema gives the JSON Schema of the settings, as that of a [Converter].
func (c ScheduledConverter[S]) Schema() (schema string, err error) {
	defer recovered(&err)
	return settingsSchema[S]()
}

// Grants gives what the descriptor asks for.
func (c ScheduledConverter[S]) Grants() []Grant { return c.Descriptor.Grants }

// RunOn has it run on the given station. The test kit calls it, authors do not.
//
// The error is nil, [Skipped], [Waiting] or an [*Error].
func (c ScheduledConverter[S]) RunOn(station ScheduledStation, run Run) error {
	defer on(station)()
	return c.run(station, run)
}

func (c ScheduledConverter[S]) run(station Station, run Run) (err error) {
	defer recovered(&err)
	if c.Run == nil {
		return Internal("the scheduled converter has no function Run")
	}
	settings, err := settingsFrom[S](station.SettingsJSON())
	if err != nil {
		return err
	}
	return verdict(c.Run(run, settings, &Reports{station: station}))
}

// The station of a run.
func scheduled() ScheduledStation {
	station, ok := here().(ScheduledStation)
	if !ok {
		panic("wats: only a ScheduledConverter sends requests and remembers something from run to run")
	}
	return station
}

// StateKeys gives the keys that have a value, in order. Here and below: with [GrantState], else the error is misconfigured.
//
// What a run remembers is kept when it returns nil, together with its reports, and forgotten otherwise. So a cursor never runs ahead
// of what was reported, and never stays behind it. Keys have 1 to 200 characters; all keys and values together may have 1 MiB, unless
// the operator allows more.
func StateKeys() ([]string, error) {
	keys, failed := scheduled().StateKeys()
	return keys, failed.err()
}

// StateText gives the value of a key as text, and "" when it has none.
func StateText(key string) (string, error) {
	value, _, err := StateBytes(key)
	if err == nil && !utf8.Valid(value) {
		err = Internal("the state " + strconv.Quote(key) + " is no text")
	}
	return string(value), err
}

// StateBytes gives the value of a key, if it has one.
func StateBytes(key string) (value []byte, found bool, err error) {
	value, found, failed := scheduled().StateGet(key)
	return value, found, failed.err()
}

// SetStateText remembers a text.
func SetStateText(key, value string) error { return SetStateBytes(key, []byte(value)) }

// SetStateBytes remembers a value.
func SetStateBytes(key string, value []byte) error { return scheduled().StateSet(key, value).err() }

// DeleteState forgets a key, known or not.
func DeleteState(key string) error { return scheduled().StateDelete(key).err() }

func (e StateError) err() error {
	switch e {
	case StateDenied:
		return Misconfigured("the station has not granted `state` to this plugin")
	case StateInvalidKey:
		return Internal("keys of the state have 1 to 200 characters")
	}
	return nil
}
