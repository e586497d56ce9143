// How the axes of every plot look: pens, ticks, grid and text in the colours of the theme.
#pragma once

#include <qcustomplot.h>

namespace diapason::ui {

/// The font of axis text and of names inside a plot.
QFont plotFont(const QCustomPlot& plot);
/// Background, and the left and bottom axis. To be called again when the palette has changed.
void dressAxes(QCustomPlot& plot);
/// Settles the layout without a drawing: what is placed in pixels needs the axes where they will be.
void settleLayout(QCustomPlot& plot);

} // namespace diapason::ui
