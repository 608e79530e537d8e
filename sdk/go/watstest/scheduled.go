package watstest

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	wats "wats.dev/converter"
)

// ScheduledRun is a run of a scheduled converter to be done: when it is due, what it remembers, what other systems answer.
type ScheduledRun struct {
	Run
	run     wats.Run
	state   map[string][]byte
	answers map[string]answer
}

type answer struct {
	response wats.HTTPResponse
	failed   *wats.HTTPError
}

// Scheduled begins the first run, due at 2026-01-01T12:00:00Z, of which nobody answers. All that the descriptor asks for is granted.
func Scheduled() *ScheduledRun {
	return &ScheduledRun{
		Run: Run{settings: wats.Object{}, allGrants: true}, run: wats.Run{Due: modified}, state: map[string][]byte{},
		answers: map[string]answer{},
	}
}

// Due says when it is due, ISO 8601 with an offset.
func (r *ScheduledRun) Due(time string) *ScheduledRun {
	r.run.Due = time
	return r
}

// Previous says when the last run was due that went well.
func (r *ScheduledRun) Previous(time string) *ScheduledRun {
	r.run.Previous = time
	return r
}

// ByHand says that an operator asked for it.
func (r *ScheduledRun) ByHand() *ScheduledRun {
	r.run.ByHand = true
	return r
}

// State says what it remembers.
func (r *ScheduledRun) State(key, value string) *ScheduledRun {
	r.state[key] = []byte(value)
	return r
}

// Setting sets one setting, as that of a [Run].
func (r *ScheduledRun) Setting(key string, value any) *ScheduledRun {
	r.settings[key] = value
	return r
}

// Grants grants exactly these.
func (r *ScheduledRun) Grants(grants ...wats.Grant) *ScheduledRun {
	r.grants, r.allGrants = grants, false
	return r
}

// Process adds a process that lookup knows.
func (r *ScheduledRun) Process(code uint32, name string) *ScheduledRun {
	r.Run.Process(code, name)
	return r
}

// Product adds a product that lookup knows.
func (r *ScheduledRun) Product(product wats.Product) *ScheduledRun {
	r.Run.Product(product)
	return r
}

// Offline makes every lookup unavailable.
func (r *ScheduledRun) Offline() *ScheduledRun {
	r.Run.Offline()
	return r
}

// Answer is what a GET of this address is answered: 200, with this body.
func (r *ScheduledRun) Answer(url, body string) *ScheduledRun {
	return r.AnswerTo("GET", url, 200, body)
}

// AnswerTo is what a request is answered.
func (r *ScheduledRun) AnswerTo(method, url string, status int, body string, headers ...wats.HTTPHeader) *ScheduledRun {
	headers = slices.Clone(headers)
	for i := range headers {
		headers[i].Name = strings.ToLower(headers[i].Name)
	}
	response := wats.HTTPResponse{URL: url, Status: status, Headers: headers, Body: []byte(body)}
	r.answers[asking(method, url)] = answer{response: response}
	return r
}

// Fails is why a GET of this address has no answer.
func (r *ScheduledRun) Fails(url string, kind wats.HTTPErrorKind, reason string) *ScheduledRun {
	r.answers[asking("GET", url)] = answer{failed: &wats.HTTPError{Kind: kind, Reason: reason}}
	return r
}

// Ran is what came of a run.
type Ran struct {
	Result
	// Requests that were sent, in order.
	Requests []wats.HTTPRequest
	// State is what is remembered afterwards: what was before, unless Err is nil.
	State map[string]string
}

// Schedulable is a [wats.ScheduledConverter], whatever its settings are.
type Schedulable interface {
	Schema() (string, error)
	Grants() []wats.Grant
	RunOn(station wats.ScheduledStation, run wats.Run) error
}

// Do has it run, and shows what came of it. A report without a key or a start is refused.
func (r *ScheduledRun) Do(t testing.TB, converter Schedulable) *Ran {
	t.Helper()
	base, grants := r.prepare(t, converter)
	base.statesKeyAndStart = true
	station := &scheduledStation{station: base, grants: grants, answers: r.answers, state: maps.Clone(r.state)}
	ran := &Ran{Result: *result(t, base, converter.RunOn(station, r.run)), Requests: station.requests, State: map[string]string{}}
	kept := r.state
	if ran.Err == nil {
		kept = station.state
	}
	for key, value := range kept {
		ran.State[key] = string(value)
	}
	return ran
}

// The other side of a scheduled converter.
type scheduledStation struct {
	*station
	grants   []wats.Grant
	answers  map[string]answer
	requests []wats.HTTPRequest
	state    map[string][]byte
}

func (s *scheduledStation) Send(request wats.HTTPRequest) (*wats.HTTPResponse, *wats.HTTPError) {
	s.requests = append(s.requests, request)
	host, why := hostOf(request.URL)
	if why != "" {
		return nil, &wats.HTTPError{Kind: wats.HTTPInvalid, Reason: why}
	}
	if !slices.Contains(s.grants, wats.GrantHTTP) && !slices.Contains(s.grants, wats.GrantHTTPTo(host)) {
		reason := "`" + string(wats.GrantHTTPTo(host)) + "` would have to be asked for and granted"
		return nil, &wats.HTTPError{Kind: wats.HTTPDenied, Reason: reason}
	}
	if why := invalid(request); why != "" {
		return nil, &wats.HTTPError{Kind: wats.HTTPInvalid, Reason: why}
	}
	found, known := s.answers[asking(request.Method, request.URL)]
	if !known {
		asked := strings.ToUpper(request.Method) + " " + request.URL
		return nil, &wats.HTTPError{Kind: wats.HTTPUnreachable, Reason: "the test has no answer for " + asked}
	}
	if found.failed != nil {
		return nil, found.failed
	}
	return &found.response, nil
}

// Host of an address of http or https, with its port where that is not the usual one; or what is wrong with the address.
func hostOf(address string) (host, why string) {
	read, err := url.Parse(address)
	if err != nil || read.Scheme != "http" && read.Scheme != "https" || read.Hostname() == "" {
		return "", address + " is no address of http or https"
	}
	if read.User != nil {
		return "", "the address has a user or a password in it; give a header"
	}
	usual := map[string]string{"http": ":80", "https": ":443"}[read.Scheme]
	return strings.TrimSuffix(strings.ToLower(read.Host), usual), ""
}

// What is asked, the same for all spellings of an address that the station takes for one.
func asking(method, address string) string {
	if read, err := url.Parse(address); err == nil {
		read.Host, _ = hostOf(address)
		read.Path = cmp.Or(read.Path, "/")
		read.Fragment = ""
		address = read.String()
	}
	return strings.ToUpper(method) + " " + address
}

var (
	methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
	// Headers that belong to the connection.
	ofTheStation = []string{
		"host", "content-length", "connection", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "expect", "accept-encoding",
		"forwarded",
	}
)

// What of a request the station does not send, if there is something.
func invalid(request wats.HTTPRequest) string {
	if !slices.Contains(methods, strings.ToUpper(request.Method)) {
		return "method " + strconv.Quote(request.Method) + "; " + strings.Join(methods, ", ")
	}
	for _, header := range request.Headers {
		name := strings.ToLower(header.Name)
		switch {
		case name == "" || strings.ContainsFunc(name, isNoToken):
			return strconv.Quote(header.Name) + " is no name of a header"
		case slices.Contains(ofTheStation, name) || strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-"):
			return "the header " + name + " is the host's own"
		case strings.ContainsFunc(header.Value, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }):
			return "the value of the header " + name + " has control characters"
		}
	}
	return ""
}

func isNoToken(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
}

func (s *scheduledStation) StateKeys() ([]string, wats.StateError) {
	if failed := s.mayRemember("keys"); failed != wats.StateFine {
		return nil, failed
	}
	return slices.Sorted(maps.Keys(s.state)), wats.StateFine
}

func (s *scheduledStation) StateGet(key string) ([]byte, bool, wats.StateError) {
	if failed := s.mayRemember(key); failed != wats.StateFine {
		return nil, false, failed
	}
	value, found := s.state[key]
	return slices.Clone(value), found, wats.StateFine
}

func (s *scheduledStation) StateSet(key string, value []byte) wats.StateError {
	failed := s.mayRemember(key)
	if failed == wats.StateFine {
		s.state[key] = slices.Clone(value)
	}
	return failed
}

func (s *scheduledStation) StateDelete(key string) wats.StateError {
	failed := s.mayRemember(key)
	if failed == wats.StateFine {
		delete(s.state, key)
	}
	return failed
}

func (s *scheduledStation) mayRemember(key string) wats.StateError {
	if !slices.Contains(s.grants, wats.GrantState) {
		return wats.StateDenied
	}
	if count := utf8.RuneCountInString(key); count < 1 || count > 200 {
		return wats.StateInvalidKey
	}
	return wats.StateFine
}
