package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"unicode/utf8"
)

// A Document has a version. DocVersion returns the newest version that this
// program writes. The JSON of the document must have under the key "version"
// that number, or a lower one if programs of that version may rewrite it.
type Document interface {
	DocVersion() int
}

// Load reads the JSON document rel into v, a pointer. For a missing file the
// error is fs.ErrNotExist. A file that is cut short, is not JSON, does not fit v,
// has something after the document, or is larger than [MaxFile] gives a
// [DamagedError]. When v is a [Document] its version is checked first: a newer
// one gives a [VersionError], a missing one a DamagedError. After an error the
// caller must not use v.
func (s *Store) Load(rel string, v any) error {
	path, err := s.path(rel)
	if err != nil {
		return err
	}
	data, err := readCapped(path)
	if err != nil {
		return err
	}
	if err := checkJSON(data); err != nil {
		return &DamagedError{Path: path, Err: err}
	}
	if doc, ok := v.(Document); ok {
		switch version, err := versionOf(data); {
		case err != nil:
			return &DamagedError{Path: path, Err: err}
		case version > doc.DocVersion():
			return &VersionError{Path: path, Found: version, Supported: doc.DocVersion()}
		}
	}
	if err := json.Unmarshal(data, v); err != nil {
		return &DamagedError{Path: path, Err: err}
	}
	return nil
}

// An Attachment is a file that a document names, in the document's directory.
type Attachment struct {
	Rel  string
	Data []byte
}

// Save writes v as the indented JSON document rel. When Save returns nil the
// document is durable. After an error rel has its old content, or the new one if
// only making the name durable failed. Attachments are in place before the
// document, so a document never names a missing one.
func (s *Store) Save(rel string, v any, with ...Attachment) error {
	data, err := encode(rel, v)
	if err != nil {
		return err
	}
	return s.put(rel, data, durable, with)
}

// SaveSoon is Save for an outcome that the server can be asked for again. It
// returns at once, and the caller may change v then. wait returns when the
// document is in place, or the error. The document then survives the end of the
// process; it survives a power failure only after the next Save in the same
// directory, and until then the whole old document may come back. The caller
// must call wait exactly once, before it saves rel again or releases its lock.
func (s *Store) SaveSoon(rel string, v any, with ...Attachment) (wait func() error) {
	data, err := encode(rel, v)
	if err != nil {
		return func() error { return err }
	}
	done := make(chan error, 1)
	go func() { done <- s.put(rel, data, ordered, with) }()
	return func() error { return <-done }
}

// put stages all files side by side and then gives them their names, the
// document last. If one cannot be staged, none gets its name.
func (s *Store) put(rel string, data []byte, d durability, with []Attachment) error {
	var set []*staged
	var jobs []func() error
	for _, a := range slices.Concat(with, []Attachment{{rel, data}}) {
		if len(a.Data) > MaxFile {
			return fmt.Errorf("writing %q: %d bytes, want at most %d", a.Rel, len(a.Data), MaxFile)
		}
		path, err := s.writable(a.Rel)
		if err != nil {
			return err
		}
		f := &staged{path: path}
		set = append(set, f)
		jobs = append(jobs, func() (err error) {
			f.temp, err = s.disk.stage(path, a.Data, d, nil)
			return err
		})
	}
	dir := filepath.Dir(set[len(set)-1].path)
	if d == durable {
		jobs = append(jobs, func() error { return s.anchor(dir) })
	}
	err := sideBySide(jobs)
	for _, f := range set {
		switch {
		case err == nil:
			err = s.disk.place(f.temp, f.path)
		case f.temp != "":
			s.disk.remove(f.temp)
		}
	}
	if err != nil || d != durable {
		return err
	}
	return s.disk.syncDirs("writing into", []string{dir})
}

// staged is the unfinished file temp that is to get the name path.
type staged struct{ path, temp string }

// SaveCache writes v as Save does, but does not wait for the disk: after a power
// failure the file may be old, missing or damaged. It is for data that may be
// lost, and needs no lock.
func (s *Store) SaveCache(rel string, v any) error {
	data, err := encode(rel, v)
	if err != nil {
		return err
	}
	path, err := s.writable(rel)
	if err != nil {
		return err
	}
	return s.disk.writeFile(path, data, volatile)
}

// encode returns the JSON of a document. It refuses one that Load would refuse.
func encode(rel string, v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding %q: %w", rel, err)
	}
	if buf.Len() > MaxFile {
		return nil, fmt.Errorf("encoding %q: %d bytes, want at most %d", rel, buf.Len(), MaxFile)
	}
	doc, ok := v.(Document)
	if !ok {
		return buf.Bytes(), nil
	}
	switch version, err := versionOf(buf.Bytes()); {
	case err != nil:
		return nil, fmt.Errorf("encoding %q: %w", rel, err)
	case version < 1 || version > doc.DocVersion():
		return nil, fmt.Errorf("encoding %q: its version is %d, want 1 to %d", rel, version, doc.DocVersion())
	}
	return buf.Bytes(), nil
}

// checkJSON accepts exactly one JSON value in valid UTF-8. It refuses null, which
// package json accepts for any type without setting it.
func checkJSON(data []byte) error {
	if len(data) == 0 {
		return errors.New("it is empty")
	}
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8 text")
	}
	var value json.RawMessage
	dec := json.NewDecoder(bytes.NewReader(data))
	switch err := dec.Decode(&value); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it ends in the middle, after %d bytes", len(data))
	case err != nil:
		return fmt.Errorf("it is not JSON: %w", err)
	}
	if string(value) == "null" {
		return errors.New("found null, want a document")
	}
	if rest := bytes.TrimSpace(data[dec.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("found %.40q after the document", rest)
	}
	return nil
}

// versionOf returns the number under the key "version" of a JSON object.
func versionOf(data []byte) (int, error) {
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return 0, err
	}
	if head.Version == nil {
		return 0, errors.New("it has no version")
	}
	if *head.Version < 1 {
		return 0, fmt.Errorf("it has version %d, want at least 1", *head.Version)
	}
	return *head.Version, nil
}
