package wats

import "slices"

// Scale tells which axes of a chart are logarithmic.
type Scale uint8

// Scales of charts.
const (
	ScaleLinear Scale = iota
	ScaleLogX
	ScaleLogY
	ScaleLogXY
)

// Chart is a chart: of its own, or beside a measurement.
type Chart struct {
	// Label of the chart and of the axes, up to 100.
	Label, XLabel, YLabel string
	// Units of the axes, up to 50; empty for none.
	XUnit, YUnit string
	// Scale of the axes.
	Scale Scale
	// Series of the chart.
	Series []Series
}

// Series is a line in a chart.
type Series struct {
	// Name: 1 to 100.
	Name string
	// X has as many as Y, or none: then 0, 1, 2, ...
	X, Y []float64
}

// A copy with points of its own: the step goes to the station later, and the author may use the slices again.
func (c Chart) own() *Chart {
	within(c.Scale, ScaleLogXY, "scale")
	c.Series = slices.Clone(c.Series)
	for i := range c.Series {
		c.Series[i].X, c.Series[i].Y = slices.Clone(c.Series[i].X), slices.Clone(c.Series[i].Y)
	}
	return &c
}

// Attachment is bytes that go along with a report or a step.
type Attachment struct {
	// Name of the file, 1 to 256.
	Name string
	// ContentType is the media type, 1 to 100: "image/png".
	ContentType string
	// Content as it is. By default at most 100 KiB on a step, 10 MiB on a report.
	Content []byte
}

// SubUnit is a part that is built into the unit.
type SubUnit struct {
	// SerialNumber and PartNumber, as in the header.
	SerialNumber, PartNumber string
	// Revision: up to 100.
	Revision string
	// PartType: 1 to 50. Default: "Unknown".
	PartType string
}

// Asset is equipment that the test used.
type Asset struct {
	// SerialNumber: 1 to 100, characters as in the header.
	SerialNumber string
	// UsageCount is how often this test used it.
	UsageCount uint32
	// Type and PartNumber of the equipment.
	Type, PartNumber string
	// CalibrationDate is when it was calibrated, CalibrationDue when it must be again; times as in [Header].
	CalibrationDate, CalibrationDue string
	// Properties are for what is rare.
	Properties []Property
}

func (a Asset) properties() []Property {
	var properties []Property
	for _, text := range [...]struct{ key, text string }{
		{"type", a.Type}, {"part-number", a.PartNumber},
		{"calibration-date", a.CalibrationDate}, {"calibration-due", a.CalibrationDue},
	} {
		if orNone(text.text) != "" {
			properties = append(properties, Property{text.key, Text(text.text)})
		}
	}
	return append(properties, a.Properties...)
}
