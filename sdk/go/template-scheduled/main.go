// Asks my test system for results that are new. Each becomes a report; the number of the last one is remembered.
package main

import (
	"strconv"

	wats "wats.dev/converter"
)

// Settings is what an operator can set.
type Settings struct {
	Address string `json:"address" default:"https://mes.example/results" minLength:"1" doc:"Where the results are."`
}

// Result is how the test system tells a result. Pointers and what has a default may be left out.
type Result struct {
	ID           uint64     `json:"id"`
	Serial       string     `json:"serial"`
	Part         string     `json:"part" default:""`
	Start        string     `json:"start"`
	Measurements []Measured `json:"measurements" default:"[]"`
}

// Measured is a measurement of a result.
type Measured struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	Unit  string   `json:"unit" default:""`
}

var converter = wats.ScheduledConverter[Settings]{
	Descriptor: wats.Descriptor{
		Name:    "my-source",
		Version: "0.1.0",
		Summary: "Results of my test system",
		Grants:  []wats.Grant{wats.GrantHTTP, wats.GrantState},
	},
	Run: run,
}

func main() { wats.ExportScheduled(converter) }

func run(_ wats.Run, settings *Settings, reports *wats.Reports) error {
	since, err := wats.StateText("since")
	if err != nil {
		return err
	}
	// Nobody there, a busy server: the station tries again later. Whatever else is no success is an error.
	answer, err := wats.HTTPGet(settings.Address + "?since=" + since)
	if err != nil {
		return err
	}
	if err := answer.Success(); err != nil {
		return err
	}
	var found []Result
	if err := answer.JSON(&found); err != nil {
		return err
	}
	if len(found) == 0 {
		return wats.Skipped("nothing new")
	}
	for _, result := range found {
		id := strconv.FormatUint(result.ID, 10)
		if err := write(result, id, reports); err != nil {
			return err
		}
		// Kept only when the whole run is converted, together with its reports.
		if err := wats.SetStateText("since", id); err != nil {
			return err
		}
	}
	return nil
}

// The report of a result. By key and start the station recognises what it has already.
func write(result Result, id string, reports *wats.Reports) error {
	uut := reports.UUT(wats.Header{SerialNumber: result.Serial, PartNumber: result.Part, Start: result.Start, Key: id})
	for _, measured := range result.Measurements {
		uut.Numeric(measured.Name, measured.Value).Unit(measured.Unit).Limits(wats.Inclusive(measured.Low, measured.High))
	}
	_, err := uut.Finish()
	return err
}
