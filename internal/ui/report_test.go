package ui

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile is a name that a certificate may contain.
const hostile = "a\x00b\x1b[2Jc\nd\u202ee\xffé]]><&\"'\ufffe"

type object = map[string]any

func TestJSONList(t *testing.T) {
	for _, tt := range []struct {
		name  string
		items []any
		want  string
	}{
		{"none", nil, "{\n  \"kind\": \"Lint\",\n  \"files\": [],\n  \"total\": 1\n}\n"},
		{"one", []any{object{"a": 1}}, "{\n  \"kind\": \"Lint\",\n  \"files\": [\n    {\n      \"a\": 1\n    }\n  ],\n  \"total\": 1\n}\n"},
		{"several", []any{"x", "\u202e<&"}, "{\n  \"kind\": \"Lint\",\n  \"files\": [\n    \"x\",\n    \"\\u202e<&\"\n  ],\n  \"total\": 1\n}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			list, err := NewJSONList(&out, object{"kind": "Lint"}, "files")
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range tt.items {
				if err := list.Add(item); err != nil {
					t.Fatal(err)
				}
			}
			if err := list.Close(object{"total": 1}); err != nil || out.String() != tt.want || !json.Valid(out.Bytes()) {
				t.Errorf("got %s%v, want valid JSON\n%s", out.String(), err, tt.want)
			}
		})
	}
}

// A reader that closes early is an error, at the latest from Close.
func TestReportsToClosedPipe(t *testing.T) {
	broken := errors.New("broken pipe")
	list, err := NewJSONList(brokenPipe{broken}, object{"kind": "Lint"}, "files")
	if err := errors.Join(err, list.Close(object{"total": 0})); !errors.Is(err, broken) {
		t.Errorf("JSON: got %v, want %v", err, broken)
	}
	log, err := NewSARIF(brokenPipe{broken}, SARIFTool{Name: "nfcert"})
	if err := errors.Join(err, log.Close(nil)); !errors.Is(err, broken) {
		t.Errorf("SARIF: got %v, want %v", err, broken)
	}
	report, err := NewJUnit(brokenPipe{broken}, "nfcert lint")
	if err := errors.Join(err, report.Close()); !errors.Is(err, broken) {
		t.Errorf("JUnit: got %v, want %v", err, broken)
	}
}

type brokenPipe struct{ err error }

func (b brokenPipe) Write([]byte) (int, error) { return 0, b.err }

// sarifLog makes a log of the results and faults.
func sarifLog(t *testing.T, results []SARIFResult, faults []SARIFFault) []byte {
	t.Helper()
	var out bytes.Buffer
	log, err := NewSARIF(&out, SARIFTool{Name: "nfcert", Version: "1.2.3", URI: "https://example.org/nfcert", Rules: []SARIFRule{
		{ID: "san-missing", Title: "there is no name", Text: "why", Help: "fix", Level: SARIFError, Tags: []string{"TS 33.310 6.1.3c"}},
		{ID: "bare"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if err := log.Result(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(faults); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSARIF(t *testing.T) {
	results := []SARIFResult{
		{Rule: "san-missing", Level: SARIFError, Message: hostile, File: "csrs/amf 01#%.csr", Line: 3, Part: "#2", Properties: map[string]string{"want": hostile}},
		{Rule: "e_of_zlint", Level: SARIFNote, Message: "m", File: "https://amf.example:443"},
		{Rule: "san-missing", Level: SARIFWarning, Message: "m", File: "a:b/\x1bc"},
	}
	for _, tt := range []struct {
		name    string
		results []SARIFResult
		faults  []SARIFFault
	}{
		{"nothing found", nil, nil},
		{"results", results, nil},
		{"results and faults", results, []SARIFFault{{File: "/tmp/x", Message: hostile}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := sarifLog(t, tt.results, tt.faults)
			checkSARIF(t, out, len(tt.results), len(tt.faults))
			if bytes.ContainsFunc(out, func(r rune) bool { return r != '\n' && isHidden(r) }) {
				t.Errorf("%s holds hidden characters", out)
			}
		})
	}
}

// checkSARIF checks a log against the schema of SARIF 2.1.0 and what readers need
// in addition.
func checkSARIF(t *testing.T, out []byte, results, faults int) {
	t.Helper()
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version, InformationURI string
					Rules                         []struct {
						ID                   string
						ShortDescription     *struct{ Text string }
						DefaultConfiguration *struct{ Level string }
					}
				}
			}
			Results     []sarifResult
			Invocations []struct {
				ExecutionSuccessful        *bool
				ToolExecutionNotifications []sarifNotification
			}
		}
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	if err := dec.Decode(&log); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, out)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("there is something after the log: %v", err)
	}
	if log.Version != "2.1.0" || !strings.Contains(log.Schema, "sarif-2.1.0") || len(log.Runs) != 1 {
		t.Fatalf("version %q, schema %q, %d runs; want 2.1.0, its schema and one run", log.Version, log.Schema, len(log.Runs))
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" {
		t.Error("tool.driver.name is required")
	}
	if u, err := url.Parse(run.Tool.Driver.InformationURI); err != nil || !u.IsAbs() {
		t.Errorf("informationUri %q is not an absolute URI", run.Tool.Driver.InformationURI)
	}
	seen := map[string]bool{}
	for _, r := range run.Tool.Driver.Rules {
		if r.ID == "" || seen[r.ID] {
			t.Errorf("rule id %q is empty or there twice", r.ID)
		}
		seen[r.ID] = true
		if r.DefaultConfiguration != nil {
			checkLevel(t, r.DefaultConfiguration.Level)
		}
	}
	if run.Results == nil || len(run.Results) != results {
		t.Errorf("results: got %d (nil: %t), want %d", len(run.Results), run.Results == nil, results)
	}
	for _, r := range run.Results {
		checkLevel(t, r.Level)
		checkLocations(t, r.Locations)
		if r.RuleID == "" || r.Message.Text == "" {
			t.Errorf("result %+v lacks its rule or message", r)
		}
	}
	if len(run.Invocations) != 1 || run.Invocations[0].ExecutionSuccessful == nil {
		t.Fatal("invocations[0].executionSuccessful is required")
	}
	if got := *run.Invocations[0].ExecutionSuccessful; got != (faults == 0) {
		t.Errorf("executionSuccessful is %t with %d faults", got, faults)
	}
	notifications := run.Invocations[0].ToolExecutionNotifications
	if len(notifications) != faults {
		t.Errorf("%d notifications, want %d", len(notifications), faults)
	}
	for _, n := range notifications {
		checkLevel(t, n.Level)
		checkLocations(t, n.Locations)
	}
}

func checkLevel(t *testing.T, level string) {
	t.Helper()
	if !slices.Contains([]string{"none", "note", "warning", "error"}, level) {
		t.Errorf("level %q is none of SARIF's", level)
	}
}

func checkLocations(t *testing.T, locations []sarifLocation) {
	t.Helper()
	if len(locations) != 1 {
		t.Fatalf("%d locations, want one", len(locations))
	}
	uri := locations[0].Physical.Artifact.URI
	if _, err := url.Parse(uri); err != nil || uri == "" || strings.ContainsAny(uri, " \x1b#") {
		t.Errorf("uri %q is not a URI reference: %v", uri, err)
	}
	if r := locations[0].Physical.Region; r != nil && r.StartLine < 1 {
		t.Errorf("startLine %d, want at least 1", r.StartLine)
	}
}

func TestReference(t *testing.T) {
	for _, tt := range []struct{ file, want string }{
		{"amf-01.csr", "amf-01.csr"},
		{"a b/c#d%.csr", "a%20b/c%23d%25.csr"},
		{"/etc/tls/amf.crt", "file:///etc/tls/amf.crt"},
		{"a:b.csr", "./a:b.csr"},
		{"https://amf.example:443", "https://amf.example:443"},
		{"bad\xff", "bad%EF%BF%BD"},
	} {
		if got := reference(tt.file); got != tt.want {
			t.Errorf("reference(%q) = %q, want %q", tt.file, got, tt.want)
		}
	}
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	report, err := NewJUnit(&out, "nfcert lint")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []JUnitSuite{
		{Name: hostile, Cases: []JUnitCase{
			{Class: "a.csr", Name: "san-missing", Failure: &JUnitFailure{hostile, "error", "got: " + hostile + "\nwant: b"}},
			{Class: "a.csr", Name: "key-old", Output: "one\ntwo" + hostile},
		}},
		{Name: "b.csr", Cases: []JUnitCase{{Class: "b.csr", Name: "read", Error: &JUnitFailure{Message: "no such file", Type: "input"}}}},
		{Name: "c.csr"},
	} {
		if err := report.Suite(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := report.Close(); err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(out.Bytes()) || !strings.HasPrefix(out.String(), `<?xml version="1.0" encoding="UTF-8"?>`) {
		t.Fatalf("not UTF-8 or without its declaration: %s", out.String())
	}
	var got struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suites  []xmlSuite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("reading it back: %v\n%s", err, out.String())
	}
	if len(got.Suites) != 3 {
		t.Fatalf("got %d suites, want 3", len(got.Suites))
	}
	a, b := got.Suites[0], got.Suites[1]
	const clean = "ab[2Jc de\ufffdé]]><&\"'"
	if a.Tests != 2 || a.Failures != 1 || a.Errors != 0 || !strings.HasPrefix(a.Name, clean) {
		t.Errorf("first suite: got %+v, want 2 tests, 1 failure, and the name %q", a, clean)
	}
	if f := a.Cases[0].Failure; f == nil || !strings.HasPrefix(f.Message, clean) || f.Type != "error" || !strings.HasSuffix(f.Text, "\nwant: b") {
		t.Errorf("first case: got %+v, want its failure", f)
	}
	if c := a.Cases[1]; c.Failure != nil || !strings.HasPrefix(c.Output, "one\ntwo") {
		t.Errorf("second case: got %+v, want it passed with output", c)
	}
	if b.Errors != 1 || b.Failures != 0 || b.Cases[0].Error == nil {
		t.Errorf("second suite: got %+v, want 1 error", b)
	}
	if strings.ContainsFunc(out.String(), func(r rune) bool { return r != '\n' && isHidden(r) }) {
		t.Errorf("hidden characters in %s", out.String())
	}
}
