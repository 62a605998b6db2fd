"""Charts: plain values in, Vega-Lite specs, pictures and tables out."""
