package ui

import (
	"bufio"
	"encoding/xml"
	"io"
	"strings"
)

// JUnit writes the XML report that build servers read, in the form that both
// Jenkins and GitLab accept. Suites are written as they come. Text passes [Clean],
// which also removes everything that XML forbids. The report is complete only
// after Close.
type JUnit struct {
	w   *bufio.Writer
	enc *xml.Encoder
}

// JUnitSuite holds the cases of one checked file or server.
type JUnitSuite struct {
	Name  string
	Cases []JUnitCase
}

// JUnitCase is one case. It passed when it has neither a failure nor an error.
type JUnitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *JUnitFailure `xml:"failure"`              // the finding
	Error   *JUnitFailure `xml:"error"`                // why the check could not be made
	Output  string        `xml:"system-out,omitempty"` // further lines of text
}

// JUnitFailure says why a case did not pass: in one line, by kind, in full.
type JUnitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// xmlSuite is a suite with its totals.
type xmlSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []JUnitCase `xml:"testcase"`
}

// NewJUnit starts a report.
func NewJUnit(w io.Writer, name string) (*JUnit, error) {
	j := &JUnit{w: bufio.NewWriterSize(w, 64<<10)}
	j.enc = xml.NewEncoder(j.w)
	j.enc.Indent("", "  ")
	if _, err := j.w.WriteString(xml.Header); err != nil {
		return nil, wrote("XML", err)
	}
	return j, wrote("XML", j.enc.EncodeToken(xml.StartElement{
		Name: xml.Name{Local: "testsuites"},
		Attr: []xml.Attr{{Name: xml.Name{Local: "name"}, Value: Clean(name, 0)}},
	}))
}

// Suite writes one suite.
func (j *JUnit) Suite(s JUnitSuite) error {
	suite := xmlSuite{Name: Clean(s.Name, 0), Tests: len(s.Cases)}
	for _, c := range s.Cases {
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Error != nil {
			suite.Errors++
		}
		suite.Cases = append(suite.Cases, JUnitCase{
			Clean(c.Class, 0), Clean(c.Name, 0), c.Failure.clean(), c.Error.clean(), cleanLines(c.Output),
		})
	}
	return wrote("XML", j.enc.Encode(suite))
}

// Close ends the report.
func (j *JUnit) Close() error {
	err := j.enc.EncodeToken(xml.EndElement{Name: xml.Name{Local: "testsuites"}})
	if err == nil {
		err = j.enc.Close()
	}
	if err == nil {
		_, err = j.w.WriteString("\n")
	}
	if err == nil {
		err = j.w.Flush()
	}
	return wrote("XML", err)
}

func (f *JUnitFailure) clean() *JUnitFailure {
	if f == nil {
		return nil
	}
	return &JUnitFailure{Clean(f.Message, 0), Clean(f.Type, 0), cleanLines(f.Text)}
}

// cleanLines cleans text line by line.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Clean(line, 0)
	}
	return strings.Join(lines, "\n")
}
