package enroll

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/secret"
)

// forgottenPrefix begins the name of each folder that is being removed. Moving a
// folder there is one step, so that a killed run leaves it either whole in its
// place or out of sight.
const forgottenPrefix = "forgotten-"

// Forget removes a folder of the store. The caller must hold its lock. If there is
// no such folder, the error is fs.ErrNotExist.
func Forget(s Store, dir string) error {
	away := fmt.Sprintf("%s%s-%d", forgottenPrefix, strings.ReplaceAll(dir, "/", "-"), time.Now().UnixNano())
	if err := s.Rename(dir, away); err != nil {
		return err
	}
	return FinishForgetting(s)
}

// FinishForgetting removes what killed runs of [Forget] left. Several processes may
// do so at the same time.
func FinishForgetting(s Store) error {
	names, err := s.List(".")
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasPrefix(name, forgottenPrefix) {
			if err := s.RemoveAll(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// InstalledFiles lists the files that exist in all places where the certificate was
// installed, sorted.
func (en *Enrolment) InstalledFiles() []string {
	paths := map[string]bool{}
	if en.Certificate == nil {
		return nil
	}
	for _, path := range en.Certificate.Files {
		paths[path] = true
	}
	for _, in := range en.Installed {
		files, err := in.again(FinalizeOptions{}, secret.Bytes{}).target(en, en.NF).Plan()
		if err != nil {
			continue // a layout of another version of nfcert
		}
		for _, f := range files {
			paths[f.Path] = true
		}
	}
	maps.DeleteFunc(paths, func(path string, _ bool) bool {
		_, err := os.Lstat(path)
		return err != nil
	})
	return slices.Sorted(maps.Keys(paths))
}
