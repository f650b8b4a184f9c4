package session

import (
	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
)

// nonceFile holds the last unused nonce. It is in the account's folder, as commands
// for other accounts may run at the same time.
func (s *Session) nonceFile() string {
	return enroll.AccountDir(s.Server.URL, s.Account) + "/nonce.json"
}

// saved reads the directory and the nonce that an earlier command saved. A cache
// that cannot be read counts as empty.
func (s *Session) saved() acmewire.Saved {
	var d, n wireCache
	_ = s.Store.Load(directoryFile(s.Server.URL), &d)
	_ = s.Store.Load(s.nonceFile(), &n)
	d.Nonce, d.NonceAt = n.Nonce, n.NonceAt
	return d.Saved
}

// saveCaches saves the deviations, the directory and the nonce. Failures are ignored:
// a later command then makes one more request.
func (s *Session) saveCaches(kept acmewire.Saved) {
	url := s.Server.URL
	if len(s.Engine.CA.Wire().Deviations()) > 0 {
		_ = s.Store.SaveCache(deviationsFile(url), &deviationsDoc{Version: 1, Deviations: s.Deviations()})
	}
	if kept.DirectoryAt != s.saved().DirectoryAt {
		directory := acmewire.Saved{Directory: kept.Directory, DirectoryAt: kept.DirectoryAt}
		_ = s.Store.SaveCache(directoryFile(url), &wireCache{Version: 1, Saved: directory})
	}
	nonce := acmewire.Saved{Nonce: kept.Nonce, NonceAt: kept.NonceAt}
	_ = s.Store.SaveCache(s.nonceFile(), &wireCache{Version: 1, Saved: nonce})
}

// wireCache is the document of directory.json and of nonce.json.
type wireCache struct {
	Version int `json:"version"`
	acmewire.Saved
}

// DocVersion implements [store.Document].
func (*wireCache) DocVersion() int { return 1 }

// deviationsDoc is the document of deviations.json.
type deviationsDoc struct {
	Version    int                     `json:"version"`
	Deviations []acmewire.MetDeviation `json:"deviations"`
}

// DocVersion implements [store.Document].
func (*deviationsDoc) DocVersion() int { return 1 }

// Deviations merges the deviations that this session met with the saved ones.
func (s *Session) Deviations() []acmewire.MetDeviation {
	var saved deviationsDoc
	_ = s.Store.Load(deviationsFile(s.Server.URL), &saved)
	return acmewire.MergeDeviations(saved.Deviations, s.Engine.CA.Wire().Deviations())
}
