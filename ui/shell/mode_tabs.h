// The tabs of the pages: as wide as their bold selves, so that choosing one moves none of the others.
#pragma once

#include <QTabBar>

namespace diapason::ui {

class ModeTabs : public QTabBar {
    Q_OBJECT
public:
    explicit ModeTabs(QWidget* parent = nullptr) : QTabBar(parent) {
        setObjectName(QStringLiteral("modes"));
        setFocusPolicy(Qt::TabFocus); // a click leaves the focus to the page
        setExpanding(false);
        setDrawBase(false);
        setUsesScrollButtons(false);
        setElideMode(Qt::ElideNone);
    }

protected:
    QSize tabSizeHint(int index) const override {
        QFont bold = font();
        bold.setBold(true);
        const int wider =
            QFontMetrics(bold).horizontalAdvance(tabText(index)) - fontMetrics().horizontalAdvance(tabText(index));
        return QTabBar::tabSizeHint(index) + QSize(wider, 0);
    }
};

} // namespace diapason::ui
