// One screen of the window, behind one mode tab, and how the window learns of it.
#pragma once

#include <QAction>
#include <QWidget>

namespace diapason::ui {

class Workspace;

enum class PageId {
#define DIAPASON_PAGE(name) name,
#include "ui/frame/pages.def"
#undef DIAPASON_PAGE
};

class Page : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;
    /// Commands of this page, for its menu, the key sheet and "find an action". They act while the page is visible.
    virtual QList<QAction*> pageActions() const { return {}; }
    /// The page has become the visible one.
    virtual void activated() {}
    /// Whether a file that is dropped on the window is for this page, and what it does with it.
    virtual bool takes(const QString& /*file*/) const { return false; }
    virtual void take(const QString& /*file*/) {}
    /// What the keys go to when the window opens on this page.
    virtual QWidget* firstFocus() { return this; }

Q_SIGNALS:
    void pageWanted(diapason::ui::PageId id); ///< the user has asked for something that is done there
};

/// What a page registers: its tab and how it is made. Its keys are its place in pages.def: 1, Alt+1 and so on.
struct PageInfo {
    PageId id;
    QString title;
    QString icon; ///< a name of icon()
    Page* (*make)(Workspace& workspace);
};

#define DIAPASON_PAGE(name) PageInfo name##_page_info();
#include "ui/frame/pages.def"
#undef DIAPASON_PAGE

/// All of pages.def, in its order.
std::vector<PageInfo> page_infos();

} // namespace diapason::ui
