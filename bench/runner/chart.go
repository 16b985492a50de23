package main

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/wireframework/wireframework/bench"
)

// The colours of Okabe and Ito, which everybody can tell apart.
var palette = []color.RGBA{
	{0x00, 0x00, 0x00, 0xff}, {0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0xd5, 0x5e, 0x00, 0xff},
	{0x00, 0x9e, 0x73, 0xff}, {0x00, 0x72, 0xb2, 0xff}, {0xcc, 0x79, 0xa7, 0xff}, {0x88, 0x88, 0x88, 0xff},
}

// writeChart draws the last figure of the workload, in units of the limit's, over
// the size. Workloads of one size have no chart.
func writeChart(dir string, w bench.Workload, r results) error {
	if len(w.Sizes) < 2 {
		return nil
	}
	figure := w.Figures[len(w.Figures)-1]
	p := plot.New()
	p.Title.Text = w.Title
	p.X.Label.Text = "number of " + w.Unit + "s"
	p.Y.Label.Text = fmt.Sprintf("%s (cold), in units of %s", figure, w.Limit)
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, ticks{}
	p.Add(plotter.NewGrid())
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding = true, true, vg.Points(3)
	for i, c := range w.Contestants {
		var points plotter.XYs
		for _, n := range w.Sizes {
			if y, ok := r.ratio(w, key{c.Name, n}, cold, figure); ok && !math.IsInf(math.Log(y), 0) {
				points = append(points, plotter.XY{X: float64(n), Y: y})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color = palette[i%len(palette)]
		marks.Color, marks.Shape, marks.Radius = line.Color, draw.CircleGlyph{}, vg.Points(3)
		if c.Name == bench.Ours {
			line.Width, marks.Radius = vg.Points(2.5), vg.Points(4)
		}
		p.Add(line, marks)
		legend.Add(c.Name, line, marks)
	}
	return save(p, legend, filepath.Join(dir, "bench-"+w.Name+".svg"))
}

// save draws the legend beside the plot, where it hides nothing.
func save(p *plot.Plot, legend plot.Legend, path string) (err error) {
	const width, height, side = 20 * vg.Centimeter, 12 * vg.Centimeter, 3.5 * vg.Centimeter
	out, err := draw.NewFormattedCanvas(width, height, "svg")
	if err != nil {
		return err
	}
	canvas := draw.New(out)
	canvas.SetColor(color.White) // for pages of either colour
	canvas.Fill(canvas.Path())
	p.Draw(draw.Crop(canvas, 0, -side, 0, 0))
	legend.Draw(draw.Crop(canvas, width-side, 0, 0, -vg.Centimeter))

	f, err := os.Create(path) //nolint:gosec // where the caller says
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = out.WriteTo(f)
	return err
}

// ticks are at 1, 2 and 5 times the powers of ten, each with its number: a scale of
// ratios rarely holds two powers of ten.
type ticks struct{}

func (ticks) Ticks(low, high float64) []plot.Tick {
	var all []plot.Tick
	for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
		for _, digit := range []float64{1, 2, 5} {
			if v := digit * power; v >= low && v <= high {
				all = append(all, plot.Tick{Value: v, Label: fmt.Sprintf("%.3g", v)})
			}
		}
	}
	return all
}
