package challenge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// Modes of what a web server, running as another user, must be able to read.
const (
	webFileMode = 0o644
	webDirMode  = 0o755
)

// maxCompare caps how much of a file is read to compare it; a key authorization
// is shorter.
const maxCompare = 4 << 10

// presentTries bounds how often Present makes its directories again because
// another process, cleaning up its own challenge, removed them in between.
const presentTries = 5

// An OccupiedError says that another file has the path of the token.
type OccupiedError struct {
	Path string
}

func (e *OccupiedError) Error() string {
	return fmt.Sprintf("%q exists with other content and was not changed", e.Path)
}

// A Webroot solves http-01 by a file in the directory that a web server serves.
type Webroot struct {
	dir string
	mu  sync.Mutex // one change of the directory at a time
}

// NewWebroot returns a solver that writes DIR/.well-known/acme-challenge/TOKEN.
// The directory dir must exist.
func NewWebroot(dir string) *Webroot { return &Webroot{dir: dir} }

// Type returns "http-01".
func (w *Webroot) Type() string { return HTTP01 }

// Method returns "webroot".
func (*Webroot) Method() string { return MethodWebroot }

// Proves reports whether http-01 can prove the identifier.
func (*Webroot) Proves(id Identifier) bool { return provesHTTP01(id) }

// Plan returns the placement: Where is the absolute path of the file, and
// Directories are those that are not there yet.
func (w *Webroot) Plan(c Challenge) (Placement, error) {
	p, err := planHTTP01(c)
	if err != nil {
		return Placement{}, err
	}
	root, err := filepath.Abs(w.dir)
	if err != nil {
		return Placement{}, fmt.Errorf("web root %q: %w", w.dir, err)
	}
	switch info, err := os.Stat(root); {
	case err != nil:
		return Placement{}, fmt.Errorf("web root %q: %w", w.dir, reason(err))
	case !info.IsDir():
		return Placement{}, fmt.Errorf("web root %q: found a file, want a directory", w.dir)
	}
	dir := root
	for _, name := range []string{".well-known", "acme-challenge"} {
		dir = filepath.Join(dir, name)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			p.Directories = append(p.Directories, dir)
		}
	}
	p.Method, p.Where = MethodWebroot, filepath.Join(dir, p.Token)
	return p, nil
}

// Present writes the file, whole and readable by everyone. A file that is there
// with other content gives an [OccupiedError].
func (w *Webroot) Present(ctx context.Context, _ Challenge, p Placement) error {
	if err := checkWebPlacement(p); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("writing %q: %w", p.Where, err)
		}
		err := present(p)
		if try < presentTries && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return err
	}
}

func present(p Placement) error {
	challenges := filepath.Dir(p.Where)
	for _, dir := range []string{filepath.Dir(challenges), challenges} {
		if err := makeWebDir(dir); err != nil {
			return err
		}
	}
	switch same, err := holds(p.Where, p.Content); {
	case err != nil:
		return err
	case same:
		return nil
	}
	temp := tempName(p)
	os.Remove(temp) // of a killed run; any other problem shows when it is created
	if err := createWebFile(temp, p.Content); err != nil {
		return fmt.Errorf("writing %q: %w", p.Where, reason(err))
	}
	defer os.Remove(temp)
	err := os.Link(temp, p.Where) // unlike a rename, never replaces
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		err = os.Rename(temp, p.Where) // a file system without links; holds has checked
	}
	if errors.Is(err, fs.ErrExist) {
		return &OccupiedError{Path: p.Where}
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", p.Where, reason(err))
	}
	return nil
}

// CleanUp removes the file and those directories that Present made, when
// nothing else is in them. A file with other content is not the
// placement's and stays.
func (w *Webroot) CleanUp(_ context.Context, p Placement) error {
	if err := checkWebPlacement(p); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	os.Remove(tempName(p))
	same, err := holds(p.Where, p.Content)
	var occupied *OccupiedError
	if err != nil && !errors.As(err, &occupied) {
		return err
	}
	if same {
		if err := os.Remove(p.Where); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing %q: %w", p.Where, reason(err))
		}
	}
	for i := len(p.Directories) - 1; i >= 0; i-- {
		if info, err := os.Lstat(p.Directories[i]); err == nil && info.IsDir() {
			os.Remove(p.Directories[i]) // fails when it is not empty: then it must stay
		}
	}
	return nil
}

// tempName is where the file is written before it gets its name. It is the same
// in every process, so that CleanUp finds what a killed one left.
func tempName(p Placement) string {
	return filepath.Join(filepath.Dir(p.Where), "."+p.Token+".tmp")
}

// checkWebPlacement refuses a placement that Plan cannot have made: a saved one
// decides which files are removed.
func checkWebPlacement(p Placement) error {
	if err := checkToken(p.Token); err != nil {
		return err
	}
	challenges := filepath.Dir(p.Where)
	wellKnown := filepath.Dir(challenges)
	if !filepath.IsAbs(p.Where) || filepath.Base(p.Where) != p.Token ||
		filepath.Base(challenges) != "acme-challenge" || filepath.Base(wellKnown) != ".well-known" {
		return fmt.Errorf("challenge file %q: want an absolute path that ends in .well-known/acme-challenge/%s", p.Where, p.Token)
	}
	for _, dir := range p.Directories {
		if dir != challenges && dir != wellKnown {
			return fmt.Errorf("challenge directory %q: want %q or %q", dir, wellKnown, challenges)
		}
	}
	return nil
}

// makeWebDir makes one directory that a web server can read, whatever the umask.
func makeWebDir(dir string) error {
	err := os.Mkdir(dir, webDirMode)
	if err == nil {
		err = os.Chmod(dir, webDirMode)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil // also a link; if it is not a directory, the next step fails
	}
	if err != nil {
		return fmt.Errorf("creating %q: %w", dir, reason(err))
	}
	return nil
}

// createWebFile makes a new file that a web server can read, whatever the umask.
func createWebFile(path, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, webFileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	err = errors.Join(err, f.Chmod(webFileMode), f.Close())
	if err != nil {
		os.Remove(path)
	}
	return err
}

// holds reports whether path is a file with that content. A missing file is
// false; anything else is an [OccupiedError].
func holds(path, content string) (bool, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading %q: %w", path, reason(err))
	case !info.Mode().IsRegular() || info.Size() != int64(len(content)) || info.Size() > maxCompare:
		return false, &OccupiedError{Path: path}
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading %q: %w", path, reason(err))
	case string(data) != content:
		return false, &OccupiedError{Path: path}
	}
	return true, nil
}

// reason drops the call and path that package os puts before an error, since
// the message names the path already.
func reason(err error) error {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		return pathErr.Err
	case errors.As(err, &linkErr):
		return linkErr.Err
	}
	return err
}
