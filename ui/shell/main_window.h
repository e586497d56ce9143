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

    const QList<Page*>& pages() const { return m_pages; }
    void showPage(int index);
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
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildPages();
    QWidget* buildStudyBar();
    void buildMenus();
    void showBanner(const QString& text);
    void updateBar();
    void updateStatus();
    void openDatabase();
    void importStudy();
    void saveStudy();
    void findAction();
    void showKeys();
    QAction* addTo(QMenu* menu, const QString& text, const QKeySequence& key, std::function<void()> slot);
    void restoreState();

    Workspace& m_workspace;
    QList<Page*> m_pages;
    QStackedWidget* m_stack;
    QTabBar* m_tabs;
    QComboBox* m_studies;
    QLabel *m_state, *m_bannerText, *m_statusDatabase, *m_statusWorker;
    QPushButton* m_find;
    QFrame* m_banner;
    QList<QAction*> m_actions;
    bool m_painted = false;
};

} // namespace diapason::ui
