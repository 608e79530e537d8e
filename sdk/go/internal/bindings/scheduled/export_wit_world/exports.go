// Package export_wit_world is what the generated exports of the world `scheduled-converter` call.
package export_wit_world

import (
	"wats.dev/converter/internal/bindings/imports/wats_converter_conversion"
	"wats.dev/converter/internal/bindings/imports/wats_converter_schedule"
	witTypes "wats.dev/converter/internal/wit/types"
)

// The exports of the world, which package wats sets.
var (
	Describe func() wats_converter_conversion.Descriptor
	Run      func(wats_converter_schedule.RunInfo) witTypes.Result[wats_converter_conversion.Outcome, wats_converter_conversion.ConvertError]
)
