// A plot as a file, in the format that the file's ending names.
#pragma once

#include <QString>

#include <filesystem>

class QCustomPlot;

namespace diapason::ui {

/// Vectors for .pdf and .svg, for .png twice the pixels of the screen. No database gives way to it.
/// @return empty on success, else the message
QString writeFigure(QCustomPlot& plot, const QString& file, const std::filesystem::path& database);

} // namespace diapason::ui
