package wats

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// HTTPRequest is a request to another system of the factory, with [GrantHTTP] or [GrantHTTPTo], and only to hosts that the operator
// named. Redirects are not followed. Headers that carry secrets need not be known to the plugin: the operator has the station add
// them.
type HTTPRequest struct {
	// Method is GET, HEAD, POST, PUT, PATCH or DELETE; empty for GET.
	Method string
	// URL is absolute.
	URL string
	// Headers, several of a name by repeating.
	Headers []HTTPHeader
	// Body; nil for none.
	Body []byte
	// Timeout in seconds, for the whole exchange. 0, and at most: what is left of the run's own time.
	Timeout float64
}

// HTTPHeader is a header.
type HTTPHeader struct{ Name, Value string }

// HTTPResponse is what the other side answered, whatever its status.
type HTTPResponse struct {
	// URL of the request.
	URL string
	// Status is 200, 404, ...
	Status int
	// Headers, names in lower case.
	Headers []HTTPHeader
	// Body of the answer.
	Body []byte
}

// HTTPErrorKind tells why there is no answer.
type HTTPErrorKind uint8

const (
	// HTTPDenied: the plugin may not go there, and what would have to be granted.
	HTTPDenied HTTPErrorKind = iota
	// HTTPInvalid: something is wrong with the request.
	HTTPInvalid
	// HTTPUnreachable: nobody there.
	HTTPUnreachable
	// HTTPTimedOut: no answer in time.
	HTTPTimedOut
	// HTTPTooLarge: the body is larger than the station takes.
	HTTPTooLarge
)

// HTTPError is why there is no answer. Returned from Run it is what it means: [Waiting] for nobody there and no answer in time,
// misconfigured for HTTPDenied, internal for HTTPInvalid, unsupported for HTTPTooLarge.
type HTTPError struct {
	Kind HTTPErrorKind
	// Reason in words.
	Reason string
}

// Error gives the reason.
func (e *HTTPError) Error() string { return e.Reason }

// What it means for the run. Reason is what the operator is told, with the words that the author put around it.
func (e *HTTPError) meaning(reason string) error {
	switch e.Kind {
	case HTTPUnreachable, HTTPTimedOut:
		return Waiting{Reason: reason}
	case HTTPDenied:
		return Misconfigured(reason)
	case HTTPTooLarge:
		return Unsupported(reason)
	}
	return Internal(reason)
}

// HTTPGet sends a GET and waits for the answer. The error is an [*HTTPError]; an answer of any status is none.
func HTTPGet(url string) (*HTTPResponse, error) { return HTTPRequest{Method: "GET", URL: url}.Send() }

// Send sends it and waits for the whole answer. The error is an [*HTTPError]; an answer of any status is none.
func (r HTTPRequest) Send() (*HTTPResponse, error) {
	if r.Method == "" {
		r.Method = "GET"
	}
	answer, failed := scheduled().Send(r)
	if failed != nil {
		return nil, failed
	}
	return answer, nil
}

// Header gives the first header of that name, without regard to case; empty for none.
func (r *HTTPResponse) Header(name string) string {
	for _, header := range r.Headers {
		if strings.EqualFold(header.Name, name) {
			return header.Value
		}
	}
	return ""
}

// Success gives nil if the status is 200 to 299, [Waiting] with 429, 500 and above, so that the station tries again, and an error with
// every other.
func (r *HTTPResponse) Success() error {
	if r.Status >= 200 && r.Status <= 299 {
		return nil
	}
	beginning := []rune(strings.TrimSpace(valid(string(r.Body[:min(len(r.Body), 4000)]))))
	told := r.place() + " answered " + strconv.Itoa(r.Status) + ": " + string(beginning[:min(len(beginning), 200)])
	switch {
	case r.Status == 429 || r.Status >= 500:
		return Waiting{Reason: told}
	case r.Status == 401 || r.Status == 403:
		return Misconfigured(told)
	}
	return Malformed(told)
}

// The address without its query, which may hold secrets and would be seen in logs and on pages.
func (r *HTTPResponse) place() string {
	if end := strings.IndexAny(r.URL, "?#"); end >= 0 {
		return r.URL[:end]
	}
	return r.URL
}

// Text gives the body as text; malformed when it is no UTF-8.
func (r *HTTPResponse) Text() (string, error) {
	if !utf8.Valid(r.Body) {
		return "", Malformed(r.place() + " answered what is no UTF-8")
	}
	return string(r.Body), nil
}

// JSON reads the body into what a pointer points to: structs, slices, maps and values as in settings. Members that a struct has no
// field for are left out; a field that is no pointer and has no default must be there. The error is malformed.
//
// encoding/json can do more, and more than doubles a plugin.
func (r *HTTPResponse) JSON(into any) error {
	pointer := reflect.ValueOf(into)
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return Internal("JSON: into must be a pointer")
	}
	text, err := r.Text()
	if err != nil {
		return err
	}
	value, err := readJSON(text)
	if err == nil {
		err = set(pointer.Elem(), value, "", false)
	}
	if err != nil {
		return Malformed("the answer of " + r.place() + ": " + strings.TrimSpace(err.Error()))
	}
	return nil
}
