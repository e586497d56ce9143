// The window's own line icons: 16 units, stroke 1.5, in the colour of the text.
#pragma once

#include "ui/theme/theme.h"

#include <QIcon>
#include <QString>

namespace diapason::ui {

/// Names: plus, open, undo, redo, search, play, pause, stop, export, copy, fork, trash, check, clock, cross, warn,
/// question, info, home, sliders, bars, rewind, layers, dots. An unknown name is a defect (asserted).
/// Drawn in the role's colour of the palette in force, disabled ones as hints.
QIcon icon(const QString& name, Role role = Role::text);

} // namespace diapason::ui
