// Colours, spacing and text helpers of the whole window. No literal colour stands anywhere else in ui/.
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>
#include <qcustomplot.h>

#include <string>

namespace diapason::ui {

/// Roles beside those of QPalette.
enum class Role {
    base,
    window,
    side,
    text,
    secondary,
    hint,
    accent,
    accentText,
    focus,
    border,
    weakLine,
    strongLine,
    selection,
    good,
    warning,
    error
};

enum class Appearance { light, dark, system };

/// Applies style, palette and style sheet to the application; remembered for colour().
void applyTheme(Appearance appearance);
bool isDark();
QColor colour(Role role);

/// Colour of a series slot, 1 to 8; levels of one method share the hue and differ in lightness: level 0 … levels-1.
QColor seriesColour(int slot, int level = 0, int levels = 1);
QCPScatterStyle seriesMarker(int slot, const QColor& colour, double size);

inline constexpr int spacing = 8;
inline constexpr int rowHeight = 24;
inline constexpr int narrowWidth = 1180; ///< of the window, pixels: below it three columns become two

inline QString qs(const std::string& text) {
    return QString::fromStdString(text);
}

} // namespace diapason::ui
