// One screen of the window, behind one mode tab.
#pragma once

#include <QAction>
#include <QWidget>

namespace diapason::ui {

class Page : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;
    virtual QString title() const = 0;
    /// Commands of this page, for its menu, the key sheet and "find an action".
    virtual QList<QAction*> pageActions() const { return {}; }
    /// The page has become the visible one.
    virtual void activated() {}
};

} // namespace diapason::ui
