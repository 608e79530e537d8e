// Package export_wit_world is what the generated exports call.
package export_wit_world

import (
	"wats.dev/converter/internal/bindings/imports/wats_converter_conversion"
	witTypes "wats.dev/converter/internal/wit/types"
)

// The exports of the world, which package wats sets.
var (
	Describe func() wats_converter_conversion.Descriptor
	Probe    func(wats_converter_conversion.Input) wats_converter_conversion.Detection
	Convert  func(wats_converter_conversion.Input) witTypes.Result[wats_converter_conversion.Outcome, wats_converter_conversion.ConvertError]
)
