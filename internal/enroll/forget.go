package enroll

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// forgottenDir holds what is being removed. Moving a folder there is one step, so
// that a killed run leaves it either whole in its place or out of sight. The next
// removal also removes what is left.
const forgottenDir = "forgotten"

// ForgetEnrolment removes a saved enrolment with its keys from this machine. Its
// installed files stay, and the CA is not asked. errors.As finds a
// [store.LockedError] when another run works on it.
func ForgetEnrolment(ctx context.Context, s Store, name string) error {
	if err := CheckName("enrolment", name); err != nil {
		return err
	}
	return forget(ctx, s, EnrolmentDir(name))
}

// ForgetAccount removes a saved account with its key from this machine. The account
// stays valid at the CA.
func ForgetAccount(ctx context.Context, s Store, directoryURL, name string) error {
	if err := CheckName("account", name); err != nil {
		return err
	}
	return forget(ctx, s, AccountDir(directoryURL, name))
}

// Forget removes a folder of the store while it holds the folder's lock.
func Forget(ctx context.Context, s Store, dir string) error { return forget(ctx, s, dir) }

func forget(ctx context.Context, s Store, dir string) (err error) {
	lock, err := s.Lock(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = join(err, lock.Unlock()) }()
	away := fmt.Sprintf("%s/%s-%d", forgottenDir, strings.ReplaceAll(dir, "/", "-"), time.Now().UnixNano())
	if err := s.Rename(dir, away); err != nil {
		return err
	}
	return s.RemoveAll(forgottenDir)
}
