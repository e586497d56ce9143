#include "ui/shell/main_window.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/paths.h"
#include "core/store/output_file.h"
#include "ui/frame/file_dialog.h"
#include "ui/frame/question.h"
#include "ui/frame/wheel_guard.h"
#include "ui/shell/action_finder.h"
#include "ui/shell/mode_tabs.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QSettings>
#include <QSplitter>
#include <QStatusBar>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

namespace diapason::ui {
namespace {

QSettings settings() {
    return QSettings(qs((home_folder() / "window.ini").string()), QSettings::IniFormat);
}

} // namespace

std::vector<PageInfo> page_infos() {
    return {
#define DIAPASON_PAGE(name) name##_page_info(),
#include "ui/frame/pages.def"
#undef DIAPASON_PAGE
    };
}

MainWindow::MainWindow(Workspace& workspace, QWidget* parent)
    : QMainWindow(parent),
      m_workspace(workspace),
      m_infos(page_infos()) {
    WheelGuard::install();
    setWindowTitle(tr("Diapason"));
    setAcceptDrops(true);
    setMinimumSize(1000, 640);
    resize(1440, 900);
    buildPages();
    auto* central = new QWidget;
    auto* layout = new QVBoxLayout(central);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(buildStudyBar());
    layout->addWidget(buildBanner());
    layout->addWidget(m_stack, 1);
    setCentralWidget(central);
    buildMenus();
    buildStatus();
    connect(&m_workspace, &Workspace::problem, this, &MainWindow::showBanner);
    for (const auto signal : {&Workspace::databaseChanged, &Workspace::studyChanged, &Workspace::sessionStarted,
                              &Workspace::sessionEnded}) {
        connect(&m_workspace, signal, this, &MainWindow::updateBar);
        connect(&m_workspace, signal, this, &MainWindow::updateStatus);
    }
    connect(&m_workspace, &Workspace::queueChanged, this, &MainWindow::updateStatus);
    restoreState();
    m_pages.front()->firstFocus()->setFocus();
    updateBar();
    updateStatus();
}

void MainWindow::buildPages() {
    m_stack = new QStackedWidget;
    for (const PageInfo& info : m_infos) {
        Page* page = info.make(m_workspace);
        m_pages.push_back(page);
        m_stack->addWidget(page);
        connect(page, &Page::pageWanted, this, &MainWindow::showPage);
        for (QAction* action : page->pageActions())
            action->setEnabled(m_pages.size() == 1); // the first page is the visible one
    }
}

QWidget* MainWindow::buildBanner() {
    m_banner = new QFrame;
    m_banner->setObjectName(QStringLiteral("banner"));
    auto* layout = new QHBoxLayout(m_banner);
    layout->setContentsMargins(12, 4, 8, 4);
    auto* mark = new QLabel;
    mark->setPixmap(icon(QStringLiteral("warn"), Role::warning).pixmap(16));
    m_bannerText = label("");
    m_bannerText->setObjectName(QStringLiteral("bannerText"));
    m_bannerText->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* dismiss = new QPushButton(tr("Dismiss"));
    dismiss->setObjectName(QStringLiteral("dismissBanner"));
    connect(dismiss, &QPushButton::clicked, m_banner, &QWidget::hide);
    layout->addWidget(mark);
    // A stranger's database is only looked at until somebody says otherwise.
    auto* goOn = new QPushButton(tr("Continue here"));
    goOn->setObjectName(QStringLiteral("continueHere"));
    goOn->setToolTip(tr("Open this database for writing, to run and continue studies in it"));
    goOn->hide();
    connect(&m_workspace, &Workspace::databaseChanged, goOn, [this, goOn] { goOn->setVisible(m_workspace.foreign()); });
    connect(goOn, &QPushButton::clicked, m_banner, [this] {
        const std::filesystem::path file = m_workspace.databaseFile();
        m_banner->hide();
        m_workspace.openDatabase(file, true);
    });
    layout->addWidget(m_bannerText, 1);
    layout->addWidget(goOn);
    layout->addWidget(dismiss);
    m_banner->hide();
    return m_banner;
}

void MainWindow::buildStatus() {
    m_statusDatabase = new QLabel;
    m_statusWorker = new QLabel;
    statusBar()->addWidget(m_statusDatabase);
    statusBar()->addPermanentWidget(m_statusWorker);
    statusBar()->setSizeGripEnabled(false);
}

QWidget* MainWindow::buildStudyBar() {
    auto* bar = new QWidget;
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(8, 4, 8, 0);
    m_studies = new ComboBox;
    m_studies->setObjectName(QStringLiteral("studies"));
    m_studies->setMinimumWidth(190);
    m_studies->setMaximumWidth(260);
    m_studies->setAccessibleName(tr("Stored study shown on Run, Results and Replay"));
    m_state = new QLabel;
    m_state->setObjectName(QStringLiteral("studyState"));
    m_state->setProperty("role", QStringLiteral("chip"));
    m_state->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_tabs = new ModeTabs;
    m_tabs->setAccessibleName(tr("Pages"));
    for (const PageInfo& info : m_infos)
        m_tabs->addTab(tr("%1  %2").arg(info.title).arg(m_tabs->count() + 1));
    auto* undo = new QToolButton;
    auto* redo = new QToolButton;
    m_undo = m_workspace.undoStack().createUndoAction(this, tr("Undo"));
    m_redo = m_workspace.undoStack().createRedoAction(this, tr("Redo"));
    m_undo->setShortcut(QKeySequence::Undo);
    m_redo->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+Z")));
    m_undo->setIcon(icon(QStringLiteral("undo")));
    m_redo->setIcon(icon(QStringLiteral("redo")));
    undo->setDefaultAction(m_undo);
    redo->setDefaultAction(m_redo);
    m_actions = {m_undo, m_redo};
    m_find = new QPushButton(icon(QStringLiteral("search")), QString());
    m_find->setAccessibleName(tr("Find an action"));
    m_find->setToolTip(tr("Find an action (Ctrl+K)"));
    connect(m_find, &QPushButton::clicked, this, &MainWindow::findAction);
    layout->addWidget(m_studies);
    layout->addWidget(m_state);
    layout->addSpacing(8);
    layout->addWidget(m_tabs);
    layout->addStretch();
    layout->addWidget(undo);
    layout->addWidget(redo);
    layout->addWidget(m_find);
    connect(m_tabs, &QTabBar::currentChanged, this,
            [this](int tab) { showPage(m_infos.at(static_cast<std::size_t>(tab)).id); });
    connect(m_studies, &QComboBox::activated, this,
            [this](int index) { m_workspace.showStudy(m_studies->itemData(index).toLongLong()); });
    return bar;
}

QAction* MainWindow::addTo(QMenu* menu, const QString& text, const QKeySequence& key, std::function<void()> slot) {
    QAction* action = menu->addAction(text, key, this, std::move(slot));
    m_actions.append(action);
    return action;
}

void MainWindow::buildMenus() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    addTo(file, tr("New study"), QKeySequence::New, [this] {
        m_workspace.newStudy();
        showPage(PageId::design);
    });
    addTo(file, tr("Open database…"), QKeySequence::Open, [this] {
        if (const QString name = file_dialog::database(this); !name.isEmpty())
            m_workspace.openDatabase(name.toStdString());
    });
    file->addSeparator();
    addTo(file, tr("Import study…"), {}, [this] { importStudy(); });
    addTo(file, tr("Save study as…"), QKeySequence::SaveAs, [this] { saveStudy(); });
    file->addSeparator();
    addTo(file, tr("Quit"), QKeySequence::Quit, [this] { close(); });
    QMenu* editMenu = menuBar()->addMenu(tr("&Edit"));
    editMenu->addActions({m_undo, m_redo});
    addTo(editMenu, tr("Find an action…"), QKeySequence(QStringLiteral("Ctrl+K")), [this] { findAction(); });
    QMenu* view = menuBar()->addMenu(tr("&View"));
    addPages(view);
    view->addSeparator();
    QMenu* appearance = view->addMenu(tr("Appearance"));
    const std::pair<QString, Appearance> looks[] = {{tr("Light"), Appearance::light},
                                                    {tr("Dark"), Appearance::dark},
                                                    {tr("Follow the system"), Appearance::system}};
    for (const auto& [text, look] : looks) {
        addTo(appearance, text, {}, [look = look] {
            QSettings stored = settings();
            stored.setValue(QStringLiteral("appearance"), static_cast<int>(look));
            applyTheme(look);
        });
    }
    QMenu* study = menuBar()->addMenu(tr("&Study"));
    addTo(study, tr("Design a study like this"), QKeySequence(QStringLiteral("Ctrl+D")), [this] {
        if (m_workspace.currentStudy() != 0 && m_workspace.designLike(m_workspace.currentStudy()))
            showPage(PageId::design);
    });
    addTo(study, tr("Resume"), QKeySequence(QStringLiteral("Ctrl+Shift+R")), [this] {
        if (m_workspace.currentStudy() != 0 && m_workspace.resumeStudy(m_workspace.currentStudy()))
            showPage(PageId::run);
    });
    addTo(study, tr("Move to trash"), {}, [this] { m_workspace.trashStudy(m_workspace.currentStudy()); });
    addPageMenus(editMenu);
    QMenu* help = menuBar()->addMenu(tr("&Help"));
    addTo(help, tr("Keyboard shortcuts"), QKeySequence::HelpContents, [this] { showKeys(); });
    addTo(help, tr("About Diapason"), {}, [this] {
        showMarkup(tr("About Diapason"),
                   tr("<b>Diapason %1</b><p>Compares parameter-efficient tuning methods of language "
                      "models.</p><p>GPL-3.0-or-later. A diapason is a tuning fork.</p>")
                       .arg(QLatin1String(DIAPASON_VERSION)));
    });
}

void MainWindow::addPages(QMenu* view) {
    for (const PageInfo& info : m_infos) {
        const auto number = &info - m_infos.data() + 1;
        QAction* action = addTo(view, info.title, {}, [this, id = info.id] { showPage(id); });
        action->setIcon(icon(info.icon));
        action->setShortcuts(
            {QKeySequence(QStringLiteral("Alt+%1").arg(number)), QKeySequence(QString::number(number))});
    }
}

void MainWindow::addPageMenus(QMenu* edit) {
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        const auto actions = m_pages[i]->pageActions();
        if (actions.size() == 1) edit->addActions(actions); // too few for a menu of their own
        m_actions.append(actions);
        if (actions.size() < 2) continue;
        menuBar()->addMenu(QLatin1Char('&') + m_infos[i].title)->addActions(actions);
    }
}

void MainWindow::showPage(PageId id) {
    const QWidget* before = m_stack->currentWidget();
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        const bool shown = m_infos[i].id == id;
        for (QAction* action : m_pages[i]->pageActions())
            action->setEnabled(shown); // keys of a page that is not visible must not act
        if (!shown) continue;
        const QSignalBlocker blocker(m_tabs);
        m_tabs->setCurrentIndex(static_cast<int>(i));
        m_stack->setCurrentIndex(static_cast<int>(i));
    }
    Page* page = m_pages.at(static_cast<std::size_t>(m_stack->currentIndex()));
    page->activated();
    // The next digit leads to a page, unless somebody has put the cursor into a field.
    if (page != before && qobject_cast<QLineEdit*>(focusWidget()) != nullptr) page->firstFocus()->setFocus();
}

PageId MainWindow::currentPage() const {
    return m_infos.at(static_cast<std::size_t>(m_stack->currentIndex())).id;
}

void MainWindow::showBanner(const QString& text) {
    m_bannerText->setText(text);
    m_banner->show();
}

void MainWindow::updateBar() {
    const QSignalBlocker blocker(m_studies);
    m_studies->clear();
    if (m_workspace.hasDatabase()) {
        for (const StudyLine& study :
             m_workspace.read([](const StoreReader& reader) { return reader.study_lines(); })) {
            m_studies->addItem(qs(study.title) + QStringLiteral("  #%1").arg(study.id),
                               static_cast<qlonglong>(study.id));
            if (study.id == m_workspace.currentStudy()) m_studies->setCurrentIndex(m_studies->count() - 1);
        }
    }
    if (m_studies->count() == 0) m_studies->addItem(tr("No study yet"), 0);
    m_studies->setEnabled(m_workspace.currentStudy() != 0);
}

void MainWindow::updateStatus() {
    const QueueStatus status = m_workspace.queue();
    const std::size_t ended = status.ended();
    if (m_workspace.currentStudy() == 0)
        m_state->setText(tr("draft"));
    else if (m_workspace.running())
        m_state->setText(
            tr("%1 %2 of %3").arg(status.paused ? tr("paused") : tr("running")).arg(ended).arg(status.entries.size()));
    else
        m_state->setText(tr("%1 of %2 finished").arg(status.finished).arg(status.entries.size()));
    if (!m_workspace.hasDatabase()) {
        m_statusDatabase->setText(tr("No database is open"));
    } else {
        m_statusDatabase->setToolTip(qs(m_workspace.databaseFile().string()));
        std::error_code error;
        const auto bytes = std::filesystem::file_size(m_workspace.databaseFile(), error);
        m_statusDatabase->setText(tr("%1, %2%3")
                                      .arg(qs(m_workspace.databaseFile().filename().string()),
                                           error ? QString() : qs(format_bytes(static_cast<double>(bytes))),
                                           m_workspace.readOnly() ? tr(", read-only") : QString()));
    }
    QString worker = tr("Worker idle");
    for (const QueueEntry& entry : status.entries) {
        if (entry.state == RunState::running)
            worker = tr("%1, seed %2, step %3 of %4")
                         .arg(qs(entry.arm_label), QString::number(entry.seed), QString::number(entry.step),
                              QString::number(entry.total_steps));
    }
    m_statusWorker->setText(m_workspace.running() ? worker : tr("Worker idle"));
}

void MainWindow::importStudy() {
    const QString file = file_dialog::open(this, tr("Import study"), tr("Studies (*.json)"));
    if (file.isEmpty()) return;
    try {
        m_workspace.openDesign(read_study(file.toStdString()));
        showPage(PageId::design);
    } catch (const Error& error) {
        showBanner(qs(error.what()));
    }
}

void MainWindow::saveStudy() {
    const QString file =
        file_dialog::save(this, tr("Save study as"), QStringLiteral("study.json"), tr("Studies (*.json)"));
    if (file.isEmpty()) return;
    try {
        write_output_file(file.toStdString(), m_workspace.databaseFile(), to_json(m_workspace.design()).dump(2) + "\n");
    } catch (const Error& error) {
        showBanner(qs(error.what()));
    }
}

void MainWindow::findAction() {
    auto* finder = new ActionFinder(m_actions, this);
    finder->setAttribute(Qt::WA_DeleteOnClose);
    finder->open();
}

void MainWindow::showKeys() {
    QString rows;
    for (const QAction* action : m_actions) {
        if (action->shortcut().isEmpty()) continue;
        rows += QStringLiteral("<tr><td><b>%1</b>&nbsp;&nbsp;</td><td>%2</td></tr>")
                    .arg(action->shortcut().toString(QKeySequence::NativeText).toHtmlEscaped(),
                         QString(action->text()).remove(QLatin1Char('&')).toHtmlEscaped());
    }
    showMarkup(tr("Keyboard shortcuts"), QStringLiteral("<table>%1</table>").arg(rows));
}

void MainWindow::showMarkup(const QString& title, const QString& html) {
    QMessageBox box(QMessageBox::NoIcon, title, {}, QMessageBox::Close, this);
    box.setTextFormat(Qt::RichText);
    box.setText(html);
    box.exec();
}

void MainWindow::restoreState() {
    QSettings stored = settings();
    restoreGeometry(stored.value(QStringLiteral("geometry")).toByteArray());
    for (QSplitter* splitter : findChildren<QSplitter*>()) {
        const QVariant state = stored.value(QStringLiteral("splitter/") + splitter->objectName());
        if (!splitter->objectName().isEmpty() && state.isValid()) splitter->restoreState(state.toByteArray());
    }
}

// One file for one page: what would become of several nobody could tell.
static QString droppedFile(const QMimeData* data) {
    const QList<QUrl> urls = data->urls();
    return urls.size() == 1 ? urls.front().toLocalFile() : QString();
}

Page* MainWindow::taker(const QString& file) const {
    for (Page* page : m_pages)
        if (!file.isEmpty() && page->takes(file)) return page;
    return nullptr;
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (taker(droppedFile(event->mimeData())) != nullptr) event->acceptProposedAction();
}

// Behind the drop: a dialog inside it would hold the other program's pointer.
void MainWindow::dropEvent(QDropEvent* event) {
    const QString file = droppedFile(event->mimeData());
    Page* page = taker(file);
    if (page == nullptr) return;
    event->acceptProposedAction();
    QMetaObject::invokeMethod(
        this,
        [this, page, file] {
            const auto at = std::find(m_pages.begin(), m_pages.end(), page) - m_pages.begin();
            showPage(m_infos[static_cast<std::size_t>(at)].id);
            page->take(file);
        },
        Qt::QueuedConnection);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (m_workspace.running()) {
        Question question(tr("A study is running"), tr("Stop its runs and close the window?"),
                          tr("Finished runs are kept. You can resume the others later with Study > Resume."),
                          tr("Stop and close"), tr("Keep running"), this);
        // Then there is nothing left to stop, and its results may be worth a look.
        connect(&m_workspace, &Workspace::sessionEnded, &question, &QDialog::reject);
        if (!question.agreed()) {
            event->ignore();
            return;
        }
        m_workspace.interruptAll();
    }
    QSettings stored = settings();
    stored.setValue(QStringLiteral("geometry"), saveGeometry());
    for (const QSplitter* splitter : findChildren<QSplitter*>()) {
        if (!splitter->objectName().isEmpty())
            stored.setValue(QStringLiteral("splitter/") + splitter->objectName(), splitter->saveState());
    }
    event->accept();
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    const bool wide = width() >= narrowWidth;
    m_find->setText(wide ? tr("Find an action   Ctrl+K") : QString());
    m_state->setVisible(width() >= 1080); // the pages come first; they say it too
}

void MainWindow::paintEvent(QPaintEvent* event) {
    QMainWindow::paintEvent(event);
    if (m_painted) return;
    m_painted = true;
    QMetaObject::invokeMethod(this, &MainWindow::painted, Qt::QueuedConnection);
}

} // namespace diapason::ui
