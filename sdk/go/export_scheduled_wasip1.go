//go:build scheduled_converter

package wats

import (
	"strconv"

	conversion "wats.dev/converter/internal/bindings/imports/wats_converter_conversion"
	wire "wats.dev/converter/internal/bindings/imports/wats_converter_http"
	"wats.dev/converter/internal/bindings/imports/wats_converter_schedule"
	"wats.dev/converter/internal/bindings/imports/wats_converter_state"
	"wats.dev/converter/internal/bindings/imports/wats_converter_types"
	exports "wats.dev/converter/internal/bindings/scheduled/export_wit_world"
	_ "wats.dev/converter/internal/bindings/scheduled/wit_exports" // the exported functions
	"wats.dev/converter/internal/wit/runtime"
	wit "wats.dev/converter/internal/wit/types"
)

// For which world this is built.
const forSchedules = true

func init() {
	exports.Describe = describe
	exports.Run = run
}

func run(info wats_converter_schedule.RunInfo) wit.Result[conversion.Outcome, conversion.ConvertError] {
	started, err := start()
	if err == nil {
		run := Run{Due: info.Due}
		if info.Previous.IsSome() {
			run.Previous = info.Previous.Some()
		}
		for _, property := range ownProperties(info.Properties) {
			run.ByHand = run.ByHand || property.Key == "by-hand" && property.Value == Flag(true)
		}
		err = started.run(scheduledStation{}, run)
	}
	return ended(err)
}

// The station of a run, through the imports of the contract; see hostStation.
type scheduledStation struct{ hostStation }

func (scheduledStation) Send(request HTTPRequest) (*HTTPResponse, *HTTPError) {
	defer runtime.Unpin()
	sent := wire.Request{Method: valid(request.Method), Url: valid(request.URL), Body: request.Body}
	for _, header := range request.Headers {
		sent.Headers = append(sent.Headers, wire.Header{Name: valid(header.Name), Value: valid(header.Value)})
	}
	if request.Timeout > 0 {
		sent.Properties = []wats_converter_types.Property{wireProperty(Property{"timeout", Num(request.Timeout)})}
	}
	result := wire.Send(sent)
	if result.IsErr() {
		return nil, httpError(result.Err())
	}
	found := result.Ok()
	answer := &HTTPResponse{URL: request.URL, Status: int(found.Status), Body: found.Body}
	for _, header := range found.Headers {
		answer.Headers = append(answer.Headers, HTTPHeader{header.Name, header.Value})
	}
	return answer, nil
}

func httpError(failed wire.HttpError) *HTTPError {
	switch failed.Tag() {
	case wire.HttpError_Denied:
		return &HTTPError{HTTPDenied, failed.Denied()}
	case wire.HttpError_Invalid:
		return &HTTPError{HTTPInvalid, failed.Invalid()}
	case wire.HttpError_TimedOut:
		return &HTTPError{HTTPTimedOut, "no answer in " + strconv.FormatFloat(failed.TimedOut(), 'f', 1, 64) + " s"}
	case wire.HttpError_TooLarge:
		allowed := strconv.FormatUint(failed.TooLarge(), 10)
		return &HTTPError{HTTPTooLarge, "the answer is larger than " + allowed + " bytes (limits.http_response_bytes)"}
	default:
		return &HTTPError{HTTPUnreachable, failed.Unreachable()}
	}
}

func (scheduledStation) StateKeys() ([]string, StateError) {
	defer runtime.Unpin()
	result := wats_converter_state.Keys()
	if result.IsErr() {
		return nil, stateError(result.Err())
	}
	return result.Ok(), StateFine
}

func (scheduledStation) StateGet(key string) ([]byte, bool, StateError) {
	defer runtime.Unpin()
	result := wats_converter_state.Get(valid(key))
	if result.IsErr() {
		return nil, false, stateError(result.Err())
	}
	if found := result.Ok(); found.IsSome() {
		return found.Some(), true, StateFine
	}
	return nil, false, StateFine
}

func (scheduledStation) StateSet(key string, value []byte) StateError {
	result := wats_converter_state.Set(valid(key), value)
	if result.IsErr() {
		return stateError(result.Err())
	}
	return StateFine
}

func (scheduledStation) StateDelete(key string) StateError {
	result := wats_converter_state.Delete(valid(key))
	if result.IsErr() {
		return stateError(result.Err())
	}
	return StateFine
}

func stateError(failed wats_converter_state.StateError) StateError {
	if failed == wats_converter_state.StateError_Denied {
		return StateDenied
	}
	return StateInvalidKey
}
