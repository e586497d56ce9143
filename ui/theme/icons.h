// The window's own line icons: 16 units, stroke 1.5, in the colour of the text.
#pragma once

#include <QIcon>
#include <QString>

namespace diapason::ui {

/// Names: plus, open, undo, redo, search, play, pause, stop, export, copy, fork, trash, check, clock, cross, warn,
/// dots. An unknown name is a defect (asserted).
QIcon icon(const QString& name);
QPixmap iconPixmap(const QString& name, int size, const QColor& colour);

} // namespace diapason::ui
