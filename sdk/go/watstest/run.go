package watstest

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	wats "wats.dev/converter"
)

// When files were changed, unless the test says: the same on every machine.
const modified = "2026-01-01T12:00:00Z"

// Run is a conversion to be done: the file, the settings, and what the station grants and knows.
type Run struct {
	main       *memoryFile
	companions []*memoryFile
	settings   wats.Object
	station    station
	grants     []wats.Grant
	allGrants  bool
}

// File begins a conversion of a file with this name (or path in the inbox, with "/") and content. All that the descriptor asks for is
// granted.
func File[Content string | []byte](name string, content Content) *Run {
	return &Run{main: newFile(name, []byte(content)), settings: wats.Object{}, allGrants: true}
}

// Path begins a conversion of a file on disk. The test stops when it cannot be read.
func Path(t testing.TB, name string) *Run {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return File(filepath.Base(name), content)
}

// Companion adds a file that belongs to the main one.
func (r *Run) Companion(name, content string) *Run {
	r.companions = append(r.companions, newFile(name, []byte(content)))
	slices.SortFunc(r.companions, func(a, b *memoryFile) int { return strings.Compare(a.path, b.path) })
	return r
}

// Modified says when the file was changed, ISO 8601 with an offset. Without: 2026-01-01T12:00:00Z.
func (r *Run) Modified(time string) *Run {
	r.main.modified = time
	return r
}

// Setting sets one setting: a value that encoding/json writes. Others have their defaults.
func (r *Run) Setting(key string, value any) *Run {
	r.settings[key] = value
	return r
}

// Grants grants exactly these.
func (r *Run) Grants(grants ...wats.Grant) *Run {
	r.grants, r.allGrants = grants, false
	return r
}

// Process adds a process that lookup knows.
func (r *Run) Process(code uint32, name string) *Run {
	r.station.processes = append(r.station.processes, wats.Process{Code: code, Name: name})
	return r
}

// Product adds a product that lookup knows.
func (r *Run) Product(product wats.Product) *Run {
	r.station.products = append(r.station.products, product)
	return r
}

// Offline makes every lookup unavailable.
func (r *Run) Offline() *Run {
	r.station.offline = true
	return r
}

// Convertible is a [wats.Converter], whatever its settings are.
type Convertible interface {
	Schema() (string, error)
	Grants() []wats.Grant
	ProbeOn(station wats.Station, main wats.StationFile, companions []wats.StationFile) (wats.Detection, error)
	ConvertOn(station wats.Station, main wats.StationFile, companions []wats.StationFile) error
}

// Probe asks whether the converter can read the file, without the descriptor's rules. The test stops when it panics, or when the
// settings do not fit.
func (r *Run) Probe(t testing.TB, converter Convertible) wats.Detection {
	t.Helper()
	station, main, companions := r.start(t, converter)
	found, err := converter.ProbeOn(station, main, companions)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Convert converts, and shows what came of it.
func (r *Run) Convert(t testing.TB, converter Convertible) *Result {
	t.Helper()
	station, main, companions := r.start(t, converter)
	result := result(t, station, converter.ConvertOn(station, main, companions))
	for _, file := range append(slices.Clone(r.companions), r.main) {
		result.DependsOnNameOrTime = result.DependsOnNameOrTime || file.asked
	}
	return result
}

// What a call came to.
func result(t testing.TB, station *station, err error) *Result {
	result := &Result{t: t, Err: err}
	if result.Err == nil {
		if open := station.open(); open > 0 {
			result.Err = wats.Internal(number(open) + " reports were neither finished nor discarded")
		} else if len(station.violations) > 0 {
			// The converter went on as if nothing were wrong.
			const message = "its reports break the rules of WATS"
			result.Err = &wats.Error{Kind: wats.KindRejected, Message: message, Violations: station.violations}
		} else {
			result.Reports, result.Documents = station.finished()
			for _, report := range result.Reports {
				report.t = t
			}
		}
	}
	result.Log = station.log
	result.Progress = station.progress
	return result
}

func (r *Run) start(t testing.TB, converter Convertible) (*station, wats.StationFile, []wats.StationFile) {
	t.Helper()
	station, _ := r.prepare(t, converter)
	var companions []wats.StationFile
	for _, companion := range r.companions {
		companions = append(companions, companion)
	}
	return station, r.main, companions
}

// The station, and what is granted.
func (r *Run) prepare(t testing.TB, converter interface {
	Schema() (string, error)
	Grants() []wats.Grant
}) (*station, []wats.Grant) {
	t.Helper()
	if _, err := converter.Schema(); err != nil {
		t.Fatal(err)
	}
	settings, err := json.Marshal(r.settings)
	if err != nil {
		t.Fatal(err)
	}
	station := r.station
	station.settings = string(settings)
	grants := r.grants
	if r.allGrants {
		grants = converter.Grants()
	}
	station.lookupGranted = slices.Contains(grants, wats.GrantLookup)
	return &station, grants
}

func newFile(name string, content []byte) *memoryFile {
	return &memoryFile{name: path.Base(name), path: name, modified: modified, content: content}
}
