// The window: menu, study bar with mode tabs, pages, status bar, banner. Composes; the work is in pages and Workspace.
#pragma once

#include "ui/frame/page.h"
#include "ui/frame/workspace.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QLabel>
#include <QMainWindow>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabBar>

namespace diapason::ui {

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(Workspace& workspace, QWidget* parent = nullptr);

    const std::vector<PageInfo>& pages() const { return m_infos; } ///< in the order of their tabs
    void showPage(PageId id);
    PageId currentPage() const;
    template <class P>
    P* page() const {
        for (Page* candidate : m_pages) {
            if (auto* found = qobject_cast<P*>(candidate)) return found;
        }
        return nullptr;
    }

Q_SIGNALS:
    void painted(); ///< once, after the first paint

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override; ///< a file of data, for Design
    void dropEvent(QDropEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildPages();
    QWidget* buildStudyBar();
    QWidget* buildBanner();
    void buildMenus();
    void buildStatus();
    void addPages(QMenu* view);
    void addPageMenus(QMenu* edit);
    void showBanner(const QString& text);
    Page* taker(const QString& file) const; ///< of a dropped file; null = no page
    void updateBar();
    void updateStatus();
    void importStudy();
    void saveStudy();
    void findAction();
    void showKeys();
    void showMarkup(const QString& title, const QString& html);
    QAction* addTo(QMenu* menu, const QString& text, const QKeySequence& key, std::function<void()> slot);
    void restoreState();

    Workspace& m_workspace;
    std::vector<PageInfo> m_infos;
    std::vector<Page*> m_pages; ///< parallel to m_infos
    QStackedWidget* m_stack;
    QTabBar* m_tabs;
    QComboBox* m_studies;
    QLabel *m_state, *m_bannerText, *m_statusDatabase, *m_statusWorker;
    QPushButton* m_find;
    QFrame* m_banner;
    QAction *m_undo, *m_redo;
    QList<QAction*> m_actions; ///< all of them, for the key sheet and "find an action"
    bool m_painted = false;
};

} // namespace diapason::ui
