package ui

import (
	"bufio"
	"encoding/xml"
	"fmt"
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
	Class, Name string
	Failure     *JUnitFailure // the finding
	Error       *JUnitFailure // why the check could not be made
	Output      string        // further lines of text
}

// JUnitFailure says why a case did not pass: in one line, by kind, in full.
type JUnitFailure struct{ Message, Type, Text string }

type xmlSuite struct {
	XMLName  xml.Name  `xml:"testsuite"`
	Name     string    `xml:"name,attr"`
	Tests    int       `xml:"tests,attr"`
	Failures int       `xml:"failures,attr"`
	Errors   int       `xml:"errors,attr"`
	Cases    []xmlCase `xml:"testcase"`
}

type xmlCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	Failure *xmlFailure `xml:"failure"`
	Error   *xmlFailure `xml:"error"`
	Output  string      `xml:"system-out,omitempty"`
}

type xmlFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// NewJUnit starts a report.
func NewJUnit(w io.Writer, name string) (*JUnit, error) {
	j := &JUnit{w: bufio.NewWriterSize(w, 64<<10)}
	j.enc = xml.NewEncoder(j.w)
	j.enc.Indent("", "  ")
	if _, err := j.w.WriteString(xml.Header); err != nil {
		return nil, wroteXML(err)
	}
	return j, wroteXML(j.enc.EncodeToken(xml.StartElement{
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
		suite.Cases = append(suite.Cases, xmlCase{
			Class: Clean(c.Class, 0), Name: Clean(c.Name, 0),
			Failure: c.Failure.clean(), Error: c.Error.clean(), Output: cleanLines(c.Output),
		})
	}
	return wroteXML(j.enc.Encode(suite))
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
	return wroteXML(err)
}

func (f *JUnitFailure) clean() *xmlFailure {
	if f == nil {
		return nil
	}
	return &xmlFailure{Message: Clean(f.Message, 0), Type: Clean(f.Type, 0), Text: cleanLines(f.Text)}
}

// cleanLines cleans text line by line.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Clean(line, 0)
	}
	return strings.Join(lines, "\n")
}

func wroteXML(err error) error {
	if err != nil {
		return fmt.Errorf("writing XML: %w", err)
	}
	return nil
}
