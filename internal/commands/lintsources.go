package commands

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxPath bounds one line of --files-from.
const maxPath = 64 << 10

// lintSources are the sources that a command line names, in its order: what the
// arguments say, then what the list says. A folder stands for the files in it
// whose names look right. What cannot be listed is an error in its place.
func (a *Call) lintSources(args []string, filesFrom string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, arg := range args {
			if !yieldSource(arg, yield) {
				return
			}
		}
		if filesFrom != "" {
			a.listedSources(filesFrom, yield)
		}
	}
}

// yieldSource yields one source, or the files of a folder. It reports whether
// more is wanted.
func yieldSource(arg string, yield func(string, error) bool) bool {
	info, err := os.Stat(arg)
	if arg == "-" || err != nil || !info.IsDir() {
		return yield(arg, nil) // what is missing may be HOST:PORT
	}
	entries, err := os.ReadDir(arg)
	if err != nil {
		return yield(arg, &inputError{File: arg, Err: reason(err)})
	}
	found := false
	for _, e := range entries {
		if e.IsDir() || !looksRight(e.Name()) {
			continue
		}
		found = true
		if !yield(filepath.Join(arg, e.Name()), nil) {
			return false
		}
	}
	if !found {
		return yield(arg, &inputError{File: arg, Err: errors.New("no file in it ends in " + strings.Join(lintExtensions(), ", "))})
	}
	return true
}

// lintExtensions are those of the files that are taken from a folder.
func lintExtensions() []string {
	return []string{".pem", ".crt", ".cer", ".der", ".csr", ".p12", ".pfx", ".p7b"}
}

// looksRight reports whether a file of a folder is to be judged. One that only
// holds a key, by its name, is not.
func looksRight(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(lintExtensions(), filepath.Ext(name)) && !strings.HasSuffix(name, ".key.pem")
}

// listedSources yields what a list names, a line each, or as find -print0
// separates names. Empty lines are passed over.
func (a *Call) listedSources(path string, yield func(string, error) bool) {
	in := a.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			yield(path, &inputError{File: path, Err: reason(err)})
			return
		}
		defer f.Close()
		in = f
	}
	if err := eachName(in, func(name string) bool { return yieldSource(name, yield) }); err != nil {
		yield(path, &inputError{File: path, Err: reason(err)})
	}
}

// eachName calls use for each name of a list until it returns false.
func eachName(in io.Reader, use func(string) bool) error {
	r := bufio.NewReaderSize(in, maxPath)
	begin, _ := r.Peek(maxPath)
	end := byte('\n')
	if bytes.IndexByte(begin, 0) >= 0 {
		end = 0
	}
	for {
		line, err := r.ReadSlice(end)
		if errors.Is(err, bufio.ErrBufferFull) {
			return errors.New("a line of it is longer than 64 KiB, want one path a line")
		}
		name := strings.TrimSuffix(string(line), string(rune(end)))
		if end == '\n' {
			name = strings.TrimSuffix(name, "\r")
		}
		if name != "" && !use(name) {
			return nil
		}
		if err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}
