// Fusion with the window's own line icons where Qt's dialogs and fields show pictures.
#pragma once

#include <QProxyStyle>

namespace diapason::ui {

class LineStyle : public QProxyStyle {
    Q_OBJECT
public:
    LineStyle();
    QIcon standardIcon(StandardPixmap picture, const QStyleOption* option = nullptr,
                       const QWidget* widget = nullptr) const override;
    /// Buttons of dialogs have words, no pictures.
    int styleHint(StyleHint hint, const QStyleOption* option = nullptr, const QWidget* widget = nullptr,
                  QStyleHintReturn* result = nullptr) const override;
};

} // namespace diapason::ui
