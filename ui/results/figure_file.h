// A plot as a file, in the format that the file's ending names.
#pragma once

#include <QString>

class QCustomPlot;

namespace diapason::ui {

/// Vectors for .pdf and .svg, for .png twice the pixels of the screen. @return empty on success, else the message
QString writeFigure(QCustomPlot& plot, const QString& file);

} // namespace diapason::ui
