package wats

// Reports is where a converter's reports go. A file gives all of its reports or none: they are kept until Convert returns nil.
type Reports struct {
	station Station
}

// UUT begins a report on a unit under test. Several may be open at a time, at most 1,024.
func (r *Reports) UUT(header Header) *UUT {
	return &UUT{station: r.station.OpenUUT(header.clean())}
}

// EmitJSON hands over a whole report, UUT or UUR, as one WSJF document, and gives its identity. key as in [Header]; empty for none.
//
// Rejected, with what is wrong with the report.
func (r *Reports) EmitJSON(document, key string) (id string, err error) {
	id, violations := r.station.EmitJSON(document, orNone(key))
	if len(violations) > 0 {
		return "", rejected(violations)
	}
	return id, nil
}

// Emit hands over a whole report as [Reports.EmitJSON] does, from an [Object].
func (r *Reports) Emit(document Object, key string) (id string, err error) {
	text, err := document.JSON()
	if err != nil {
		return "", err
	}
	return r.EmitJSON(text, key)
}
