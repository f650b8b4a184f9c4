package ui

import (
	"io"
	"net/url"
	"path/filepath"
	"strings"
)

// Levels of a SARIF result (SARIF 2.1.0 section 3.27.10).
const (
	SARIFError   = "error"
	SARIFWarning = "warning"
	SARIFNote    = "note"
)

// SARIF writes the static analysis results interchange format, version 2.1.0
// (OASIS): a log of one run. Results are written as they come. The log is complete
// only after Close.
type SARIF struct{ list *JSONList }

// SARIFTool describes the tool that found the results. Rules are optional, and a
// result may name a rule that is not listed.
type SARIFTool struct {
	Name, Version, URI string
	Rules              []SARIFRule
}

// SARIFRule describes a rule. Level is the default level of its results.
type SARIFRule struct {
	ID, Title, Text, Help, Level string
	Tags                         []string
}

// SARIFResult is one finding in one file. Line 0 means the file as a whole.
type SARIFResult struct {
	Rule, Level, Message string
	File                 string // a path, or an address with a scheme
	Line                 int
	Part                 string // of the file, as in #2; "" for all of it
	Properties           map[string]string
}

// SARIFFault is a file or server that could not be checked.
type SARIFFault struct{ File, Message string }

type sarifText struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription,omitzero"`
	FullDescription  sarifText `json:"fullDescription,omitzero"`
	Help             sarifText `json:"help,omitzero"`
	Configuration    struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration,omitzero"`
	Properties struct {
		Tags []string `json:"tags"`
	} `json:"properties,omitzero"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri,omitempty"`
	Rules          []sarifRule `json:"rules,omitempty"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

type sarifLogical struct {
	Name string `json:"name"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	} `json:"physicalLocation"`
	Logical []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifResult struct {
	RuleID     string            `json:"ruleId"`
	Level      string            `json:"level"`
	Message    sarifText         `json:"message"`
	Locations  []sarifLocation   `json:"locations"`
	Properties map[string]string `json:"properties,omitempty"`
}

type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

// NewSARIF starts a log.
func NewSARIF(w io.Writer, tool SARIFTool) (*SARIF, error) {
	driver := sarifDriver{Name: tool.Name, Version: tool.Version, InformationURI: tool.URI}
	for _, r := range tool.Rules {
		rule := sarifRule{
			ID: r.ID, ShortDescription: sarifText{r.Title}, FullDescription: sarifText{r.Text}, Help: sarifText{r.Help},
		}
		rule.Configuration.Level, rule.Properties.Tags = r.Level, r.Tags
		driver.Rules = append(driver.Rules, rule)
	}
	data, err := encode(map[string]sarifDriver{"driver": driver}, "      ", "  ")
	if err != nil {
		return nil, err
	}
	list, err := beginList(w, `{
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": `+string(data)+`,
      "results": [`, "        ")
	return &SARIF{list}, err
}

// Result writes one result.
func (s *SARIF) Result(r SARIFResult) error {
	return s.list.Add(sarifResult{
		RuleID: r.Rule, Level: r.Level, Message: sarifText{r.Message},
		Locations: locations(r.File, r.Part, r.Line), Properties: r.Properties,
	})
}

// Close ends the log with the files that could not be checked.
func (s *SARIF) Close(faults []SARIFFault) error {
	invocation := sarifInvocation{Successful: len(faults) == 0}
	for _, f := range faults {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{
			Level: SARIFError, Message: sarifText{f.Message}, Locations: locations(f.File, "", 0),
		})
	}
	data, err := encode([]sarifInvocation{invocation}, "      ", "  ")
	if err != nil {
		return err
	}
	return s.list.end("],\n      \"invocations\": " + string(data) + "\n    }\n  ]\n}\n")
}

func locations(file, part string, line int) []sarifLocation {
	var location sarifLocation
	location.Physical.Artifact.URI = reference(file)
	if line > 0 {
		location.Physical.Region = &sarifRegion{line}
	}
	if part != "" {
		location.Logical = []sarifLogical{{part}}
	}
	return []sarifLocation{location}
}

// reference returns a path as a URI reference (RFC 3986). A relative path stays
// relative: the reader resolves it against the root of the sources.
func reference(file string) string {
	if strings.Contains(file, "://") {
		if u, err := url.Parse(file); err == nil {
			return u.String()
		}
	}
	path := strings.ToValidUTF8(filepath.ToSlash(file), "\uFFFD")
	if filepath.IsAbs(file) {
		if !strings.HasPrefix(path, "/") {
			path = "/" + path // C:/ of Windows
		}
		return (&url.URL{Scheme: "file", Path: path}).String()
	}
	return (&url.URL{Path: path}).String()
}
