// Labels by their role in the style sheet: title, heading, secondary, good, warning, error, chip.
#pragma once

#include <QLabel>

namespace diapason::ui {

/// Shows its text as it is.
inline QLabel* label(const char* role, const QString& text = {}) {
    auto* widget = new QLabel;
    widget->setTextFormat(Qt::PlainText);
    widget->setText(text);
    widget->setProperty("role", QLatin1String(role));
    widget->setWordWrap(true);
    return widget;
}

/// Reads its text as HTML: whatever comes from a user or a file goes in through toHtmlEscaped().
inline QLabel* markupLabel(const char* role, const QString& html = {}) {
    QLabel* widget = label(role);
    widget->setTextFormat(Qt::RichText);
    widget->setText(html);
    return widget;
}

/// A row of an HTML table of facts.
inline QString factRow(const QString& name, const QString& value) {
    return QStringLiteral("<tr><td>%1&nbsp;&nbsp;&nbsp;</td><td>%2</td></tr>").arg(name, value.toHtmlEscaped());
}

/// For buttons and menus, which take an & for the mark of a key.
inline QString shortcutFree(QString text) {
    return text.replace(QLatin1Char('&'), QLatin1String("&&"));
}

/// For a long tool tip: lines end where a reader would have them end.
QString wrapped(const QString& text, qsizetype columns = 72);

} // namespace diapason::ui
