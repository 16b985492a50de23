//go:build race

package proof

// raceDetector says that everything takes ten times as long.
const raceDetector = true
