package wats

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// Turns a panic into an internal error that tells its message and the author's file and line. To be deferred.
func recovered(err *error) {
	if value := recover(); value != nil {
		*err = Internal(panicText(value) + authorsLine())
	}
}

func panicText(value any) (text string) {
	// The text may be made by a method of the author's, with a fault of its own.
	defer func() {
		if recover() != nil {
			text = "panic with a " + reflect.TypeOf(value).String() + ", whose text cannot be told"
		}
	}()
	switch value := value.(type) {
	case *Error:
		return value.Error()
	case runtime.Error:
		return value.Error()
	case error:
		return "panic: " + value.Error()
	case interface{ String() string }:
		return "panic: " + value.String()
	}
	switch found := reflect.ValueOf(value); found.Kind() {
	case reflect.String:
		return "panic: " + found.String()
	case reflect.Bool:
		return "panic: " + strconv.FormatBool(found.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "panic: " + strconv.FormatInt(found.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "panic: " + strconv.FormatUint(found.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return "panic: " + strconv.FormatFloat(found.Float(), 'g', -1, 64)
	default:
		return "panic with a " + found.Type().String() + ", which is no text"
	}
}

const (
	ownPackage = "wats.dev/converter."
	kitPackage = "wats.dev/converter/watstest."
)

// " (converter.go line 42)" of the innermost frame that is the author's: not the runtime's, this package's or, if there is one in
// package main or in the main module, the standard library's.
func authorsLine() string {
	var counters [64]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	panicked, second := false, ""
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic" || strings.HasPrefix(frame.Function, "runtime.panic"):
			panicked = true
		case !panicked || strings.HasPrefix(frame.Function, "runtime.") || strings.HasPrefix(frame.Function, kitPackage):
		case strings.HasPrefix(frame.Function, ownPackage):
			// A function of the SDK that was misused, or the glue around the author's.
			if second == "" && !isGlue(frame.Function) {
				second = place(frame)
			}
		case isAuthors(frame):
			return place(frame)
		case second == "":
			second = place(frame)
		}
		if !more {
			return second
		}
	}
}

func isGlue(function string) bool {
	return strings.Contains(function, "].convert") || strings.Contains(function, "].ConvertOn") ||
		strings.Contains(function, "].ProbeOn") || strings.Contains(function, "].RunOn") || strings.Contains(function, "].run")
}

func isAuthors(frame runtime.Frame) bool {
	if strings.HasPrefix(frame.Function, "main.") {
		return true
	}
	// The standard library has no dot in the first part of its paths, and neither have many modules: so the file tells. Of a build
	// with -trimpath a file of the standard library begins with its package.
	pkg := frame.Function
	if slash := strings.LastIndexByte(pkg, '/'); slash >= 0 {
		if dot := strings.IndexByte(pkg[slash:], '.'); dot >= 0 {
			pkg = pkg[:slash+dot]
		}
	} else if dot := strings.IndexByte(pkg, '.'); dot >= 0 {
		pkg = pkg[:dot]
	}
	root, _, _ := strings.Cut(pkg, "/")
	return strings.Contains(root, ".") || !standard(root)
}

func place(frame runtime.Frame) string {
	file := frame.File[strings.LastIndexByte(frame.File, '/')+1:]
	return " (" + file + " line " + strconv.Itoa(frame.Line) + ")"
}

// Whether the standard library has packages under that first part of a path.
func standard(root string) bool {
	const roots = " archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go " +
		"hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv " +
		"strings structs sync syscall testing text time unicode unique unsafe vendor weak "
	return strings.Contains(roots, " "+root+" ")
}
