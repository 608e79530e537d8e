// Package watstest runs a converter in plain Go tests, without a station and without WebAssembly, and shows what it wrote.
//
//	func TestPassed(t *testing.T) {
//		result := watstest.File("a.log", "My tester 2.0\nSerial: A-1\n\nVcc;5.01;4.9;5.1;V\n").Convert(t, converter)
//		report := result.Report()
//		if report.Header.SerialNumber != "A-1" {
//			t.Error(report.Header.SerialNumber)
//		}
//		vcc := report.Step("Measurements/Vcc")
//		if vcc.Number() != 5.01 || vcc.Limits() != "GELE 4.9 5.1" {
//			t.Error(vcc)
//		}
//	}
//
//	func TestBroken(t *testing.T) {
//		result := watstest.File("a.log", "...").Setting("decimal_mark", ",").Convert(t, converter)
//		if result.Error().Place != (wats.Place{Line: 5, Column: 2}) {
//			t.Error(result.Error())
//		}
//	}
//
// It records what the converter hands over, and does not judge: a report whose values break rules is finished here all the same, and
// statuses that the station would fill in stay open. What is refused here as there: sequences that are not closed once for each time
// that they are opened, JSON that is none, settings that do not fit, requests that cannot be sent. `wats plugin test` runs the cases of a
// plugin in the real station.
package watstest
