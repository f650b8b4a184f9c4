package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Append adds data, whole lines, to the end of rel and keeps the file within
// max bytes: before it would grow beyond, it drops the oldest half, in whole
// lines. A max of zero or less means [MaxFile]. It ends a line that a killed
// writer left unfinished, so that the next line stays readable. A power failure
// may lose what was appended last. Data of max bytes or more is an error and
// changes nothing.
func (s *Store) Append(rel string, data []byte, max int64) error {
	if max <= 0 || max > MaxFile {
		max = MaxFile
	}
	if int64(len(data)) >= max {
		return fmt.Errorf("appending to %q: %d bytes, want less than %d", rel, len(data), max)
	}
	path, err := s.writable(rel)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.disk.appendFile(path, data, max); err != nil {
		return accessError("appending to", path, err)
	}
	return nil
}

func (k disk) appendFile(path string, data []byte, max int64) error {
	f, err := k.openAppend(path)
	if err != nil {
		return err
	}
	err = k.appendTo(f, data, max)
	var over *overError
	if errors.As(err, &over) {
		f.Close() // Windows does not replace an open file
		return k.writeFile(path, append(over.kept, data...), volatile)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// An overError says that a file has no room for more. kept is its newer part.
type overError struct{ kept []byte }

func (e *overError) Error() string { return "no room" }

// appendTo adds data to f in one write, after ending a line left unfinished.
func (k disk) appendTo(f *os.File, data []byte, max int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	size := info.Size()
	if size+1+int64(len(data)) > max {
		kept, err := newestLines(f, size, min(max/2, max-1-int64(len(data))))
		if err != nil {
			return err
		}
		return &overError{kept: kept}
	}
	if size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			data = append([]byte("\n"), data...)
		}
	}
	return k.write(f, data)
}

// newestLines returns the whole lines within the last limit bytes of f.
func newestLines(f *os.File, size, limit int64) ([]byte, error) {
	// Read one byte more: a line that starts exactly at the limit is whole if
	// the byte before it ends a line.
	from := max(size-limit-1, 0)
	tail, err := io.ReadAll(io.NewSectionReader(f, from, size-from))
	if err != nil {
		return nil, err
	}
	if from > 0 || size > limit {
		cut := bytes.IndexByte(tail, '\n')
		if cut < 0 {
			return nil, nil
		}
		tail = tail[cut+1:]
	}
	if len(tail) > 0 && tail[len(tail)-1] != '\n' {
		tail = append(tail, '\n')
	}
	return tail, nil
}
