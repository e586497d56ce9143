// Labels by their role in the style sheet: title, heading, secondary, good, warning, error, chip.
#pragma once

#include <QLabel>

namespace diapason::ui {

inline QLabel* label(const char* role, const QString& text = {}) {
    auto* widget = new QLabel(text);
    widget->setProperty("role", QLatin1String(role));
    widget->setWordWrap(true);
    return widget;
}

} // namespace diapason::ui
