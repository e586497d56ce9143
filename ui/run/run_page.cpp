#include "ui/run/run_page.h"

#include "core/base/format.h"
#include "core/data/metrics.h"
#include "ui/frame/question.h"
#include "ui/plots/row_choice.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QDateTime>
#include <QGridLayout>
#include <QHeaderView>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace diapason::ui {
namespace {

// A thin bar under the time that is left.
class ProgressDelegate : public CellDelegate {
public:
    using CellDelegate::CellDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        CellDelegate::paint(painter, option, index);
        const double share = index.data(QueueModel::ShareRole).toDouble();
        if (share <= 0 || share >= 1) return;
        const QRect line(option.rect.left() + 8, option.rect.bottom() - 3, option.rect.width() - 16, 3);
        painter->fillRect(line, colour(Role::weakLine));
        painter->fillRect(QRect(line.topLeft(), QSize(static_cast<int>(line.width() * share), 3)),
                          colour(Role::accent));
    }
};

QToolButton* toggle(const QString& text, bool on, const QString& help) {
    auto* button = new QToolButton;
    button->setText(text);
    button->setCheckable(true);
    button->setChecked(on);
    button->setProperty("toggle", true);
    button->setToolTip(help);
    return button;
}

} // namespace

PageInfo run_page_info() {
    return {PageId::run, RunPage::tr("Run"), QStringLiteral("play"),
            [](Workspace& workspace) -> Page* { return new RunPage(workspace); }};
}

RunPage::RunPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_model(new QueueModel(this)) {
    m_desk = new CurveDesk(QStringLiteral("run"), buildQueue(), 370);
    m_desk->addAbovePlots(buildControls());
    m_desk->addBelowValues(buildEvents());
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(buildEmpty());
    m_stack->addWidget(m_desk);
    buildActions();
    connect(new RowChoice(m_table), &RowChoice::chosen, this,
            [this](const QModelIndex& row) { m_desk->raise(m_model->armAt(row.row())); });
    connect(m_desk, &CurveDesk::raised, this, [this](RowId arm) {
        const QueueEntry* entry = selectedEntry();
        if (entry != nullptr && entry->arm != arm) m_table->clearSelection();
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunPage::offerRuns);
    connect(&m_workspace, &Workspace::studyChanged, this, &RunPage::reload);
    connect(&m_workspace, &Workspace::queueChanged, this, &RunPage::updateQueue);
    connect(&m_workspace, &Workspace::runEvents, m_desk, &CurveDesk::take);
    connect(&m_workspace, &Workspace::sessionEnded, this, &RunPage::updateQueue);
    reload();
}

QWidget* RunPage::buildEmpty() {
    auto* empty = new QWidget;
    auto* layout = new QVBoxLayout(empty);
    layout->setAlignment(Qt::AlignCenter);
    auto* nothing = label("heading", tr("Nothing queued"));
    nothing->setWordWrap(false);
    layout->addWidget(nothing, 0, Qt::AlignCenter);
    auto* hint = label("secondary", tr("Runs and their curves appear here once a study has been started."));
    hint->setWordWrap(false);
    layout->addWidget(hint, 0, Qt::AlignCenter);
    auto* design = new QPushButton(tr("Go to Design"));
    design->setProperty("primary", true);
    connect(design, &QPushButton::clicked, this, [this] { Q_EMIT pageWanted(PageId::design); });
    layout->addWidget(design, 0, Qt::AlignCenter);
    return empty;
}

void RunPage::buildActions() {
    const auto action = [this](const QString& text, const QKeySequence& key, auto&& slot) {
        auto* made = new QAction(text, this);
        made->setShortcut(key);
        connect(made, &QAction::triggered, this, slot);
        m_actions.append(made);
        return made;
    };
    action(tr("Pause or resume"), QKeySequence(QStringLiteral("Ctrl+P")), [this] { m_pause->click(); });
    m_stopOne = action(tr("Stop run"), QKeySequence(QStringLiteral("Ctrl+.")), [this] { m_stop->click(); });
    m_takeOut = action(tr("Cancel the selected waiting run"), QKeySequence(Qt::Key_Delete), [this] { takeOut(); });
    m_takeOut->setShortcutContext(Qt::WidgetShortcut);
    m_table->addAction(m_takeOut);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    action(tr("Stop all runs"), {}, [this] { m_stopAll->click(); });
    action(tr("Log y"), QKeySequence(QStringLiteral("L")), [this] { m_log->click(); });
    action(tr("Step or wall time"), QKeySequence(QStringLiteral("X")),
           [this] { m_axis->setCurrentIndex(1 - m_axis->currentIndex()); });
    action(tr("Fit"), QKeySequence(QStringLiteral("F")), [this] { m_desk->fit(); });
}

QWidget* RunPage::buildQueue() {
    auto* panel = new QFrame;
    panel->setObjectName(QStringLiteral("side"));
    panel->setMinimumWidth(180);
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 8, 0, 0);
    auto* top = new QVBoxLayout;
    top->setContentsMargins(12, 0, 12, 0);
    top->addWidget(label("heading", tr("Queue")));
    m_bar = new QProgressBar;
    m_bar->setTextVisible(false);
    m_bar->setObjectName(QStringLiteral("studyProgress"));
    m_bar->setRange(0, 1000);
    m_bar->setAccessibleName(tr("Progress of the study"));
    top->addWidget(m_bar);
    m_summary = label("secondary");
    m_summary->setObjectName(QStringLiteral("queueSummary"));
    top->addWidget(m_summary);
    top->addWidget(buildButtons());
    m_message = label("error");
    m_message->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    top->addWidget(m_message);
    layout->addLayout(top);
    m_table = new QTableView;
    m_table->setModel(m_model);
    m_table->setAccessibleName(tr("Queue of runs"));
    m_table->setObjectName(QStringLiteral("queue"));
    dressTable(m_table);
    m_table->setItemDelegateForColumn(QueueModel::ProgressColumn, new ProgressDelegate(m_table));
    m_table->horizontalHeader()->setSectionResizeMode(QueueModel::Arm, QHeaderView::Stretch);
    m_table->setToolTip(tr("Click a run or press Enter to emphasise its arm, once more or Escape to stop"));
    m_table->horizontalHeader()->resizeSection(QueueModel::State, 98);
    m_table->horizontalHeader()->resizeSection(QueueModel::Seed, 48);
    m_table->horizontalHeader()->resizeSection(QueueModel::ProgressColumn, 84);
    layout->addWidget(m_table, 1);
    return panel;
}

QWidget* RunPage::buildButtons() {
    auto* buttons = new QWidget;
    auto* layout = new QGridLayout(buttons);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_pause = new QPushButton;
    m_stop = new StopButton;
    m_stopAll = new QPushButton(tr("Stop all…"));
    m_pause->setObjectName(QStringLiteral("pause"));
    m_stop->setObjectName(QStringLiteral("stopRun"));
    m_stopAll->setObjectName(QStringLiteral("stopAll"));
    m_stopAll->setToolTip(tr("Stop all unfinished runs"));
    layout->addWidget(m_pause, 0, 0);
    layout->addWidget(m_stopAll, 0, 1);
    layout->addWidget(m_stop, 1, 0, 1, 2); // the name of a run is long
    connect(m_pause, &QPushButton::clicked, this, &RunPage::pauseOrResume);
    connect(m_stop, &QPushButton::clicked, this, [this] { m_workspace.cancelRun(m_stop->run()); });
    connect(m_stopAll, &QPushButton::clicked, this, &RunPage::stopAll);
    return buttons;
}

QWidget* RunPage::buildControls() {
    auto* controls = new QWidget;
    auto* bar = new QHBoxLayout(controls);
    bar->setContentsMargins(8, 4, 8, 4);
    bar->setSpacing(5); // leaves the metric its name in a narrow window
    m_axis = new ComboBox;
    m_axis->addItems({tr("x: step"), tr("x: wall time")});
    m_axis->setObjectName(QStringLiteral("xAxis"));
    m_axis->setAccessibleName(tr("Horizontal axis"));
    m_log = toggle(tr("log y"), true, tr("Logarithmic axis for losses (L)"));
    m_raw = toggle(tr("raw"), true, tr("Unsmoothed values behind the smooth line"));
    m_follow = toggle(tr("follow"), true, tr("Keep all points in view"));
    m_smooth = new QSlider(Qt::Horizontal);
    m_smooth->setRange(0, 99);
    m_smooth->setValue(60);
    m_smooth->setMaximumWidth(90);
    m_smooth->setMinimumWidth(40);
    m_smooth->setObjectName(QStringLiteral("smoothing"));
    m_smooth->setAccessibleName(tr("Smoothing"));
    m_smooth->setToolTip(tr("Weight of the moving average; evaluations are never smoothed"));
    auto* smooth = new QLabel(tr("smooth"));
    smooth->setBuddy(m_smooth);
    m_weight = new QLabel;
    m_weight->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("0.00")));
    for (QWidget* part : std::initializer_list<QWidget*>{m_axis, m_log, smooth, m_smooth, m_weight, m_raw, m_follow})
        bar->addWidget(part);
    bar->addStretch();
    bar->addWidget(m_desk->metricBox());
    connect(m_axis, &QComboBox::currentIndexChanged, this, &RunPage::updateView);
    for (QToolButton* button : {m_log, m_raw})
        connect(button, &QToolButton::toggled, this, &RunPage::updateView);
    connect(m_smooth, &QSlider::valueChanged, this, &RunPage::updateView);
    connect(m_follow, &QToolButton::toggled, m_desk, &CurveDesk::setFollow);
    connect(m_desk, &CurveDesk::followChanged, m_follow, &QToolButton::setChecked);
    updateView();
    return controls;
}

QWidget* RunPage::buildEvents() {
    auto* panel = new QWidget;
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 6, 0, 0);
    layout->setSpacing(4);
    auto* title = label("heading", tr("Events"));
    title->setContentsMargins(12, 0, 12, 0);
    layout->addWidget(title);
    m_events = new QListWidget;
    m_events->setObjectName(QStringLiteral("events"));
    m_events->setAccessibleName(tr("Events of this study"));
    m_events->setMinimumHeight(60);
    dressList(m_events, true, true);
    layout->addWidget(m_events, 1);
    return panel;
}

void RunPage::resizeEvent(QResizeEvent* event) {
    Page::resizeEvent(event);
    fitMessage();
}

void RunPage::activated() {
    updateQueue();
    m_desk->refresh();
}

void RunPage::reload() {
    m_lastEvent = 0;
    m_events->clear();
    const RowId study = m_workspace.currentStudy();
    m_stack->setCurrentIndex(study == 0 ? 0 : 1);
    if (study == 0) {
        m_desk->clear();
    } else {
        const bool shown = m_workspace.read([&](const StoreReader& reader) {
            const std::vector<CurveStyle> styles = study_styles(reader, study);
            m_model->setStyles(styles);
            m_desk->showRuns(reader, study, styles);
            return true;
        });
        if (!shown) m_desk->clear();
    }
    updateQueue();
}

void RunPage::updateView() {
    CurveDesk::View view;
    view.wallTime = m_axis->currentIndex() == 1;
    view.logY = m_log->isChecked();
    view.raw = m_raw->isChecked();
    view.smoothing = m_smooth->value() / 100.0;
    m_weight->setText(QString::number(view.smoothing, 'f', 2));
    m_desk->setView(view);
}

void RunPage::pauseOrResume() {
    if (m_workspace.running())
        m_workspace.pause(!m_workspace.queue().paused);
    else
        m_workspace.resumeStudy(m_workspace.currentStudy());
}

const QueueEntry* RunPage::selectedEntry() const {
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? nullptr : &m_model->entry(rows.front().row());
}

// By what is true now: a run may have started since its row was drawn.
void RunPage::takeOut() {
    const QueueEntry* selected = selectedEntry();
    if (selected == nullptr) return;
    for (const QueueEntry& entry : m_workspace.queue().entries) {
        if (entry.run == selected->run && entry.state == RunState::queued) return m_workspace.cancelRun(entry.run);
    }
}

void RunPage::stopAll() {
    if (!m_workspace.running()) return;
    const QueueStatus status = m_workspace.queue();
    const auto runs = static_cast<int>(status.running + status.queued);
    Question question(tr("Stop all runs"), tr("Stop %n unfinished run(s)?", nullptr, runs),
                      tr("Finished runs are kept. You can resume the others later."),
                      tr("Stop %n run(s)", nullptr, runs), tr("Keep running"), this);
    connect(&m_workspace, &Workspace::sessionEnded, &question, &QDialog::reject); // nothing is left to stop
    if (question.agreed()) m_workspace.cancelAll();
}

void RunPage::updateQueue() {
    const QueueStatus status = m_workspace.queue();
    const RowId current = m_table->currentIndex().isValid() ? m_model->runAt(m_table->currentIndex().row()) : 0;
    const bool selected = selectedEntry() != nullptr;
    m_model->setStatus(status);
    for (int row = 0; row < m_model->rowCount() && current != 0; ++row) {
        if (m_model->runAt(row) == current && m_table->currentIndex().row() != row) {
            const QSignalBlocker blocker(m_table->selectionModel());
            m_table->selectionModel()->setCurrentIndex(
                m_model->index(row, 0), selected ? QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows
                                                 : QItemSelectionModel::NoUpdate);
        }
    }
    QString failure;
    for (const QueueEntry& entry : status.entries) {
        if (failure.isEmpty() && (entry.state == RunState::failed || entry.state == RunState::diverged)) {
            failure =
                tr("%1, seed %2: %3. %4")
                    .arg(qs(entry.arm_label), QString::number(entry.seed), stateText(entry.state), qs(entry.message));
        }
    }
    const std::size_t total = status.entries.size();
    m_bar->setValue(total == 0 ? 0 : static_cast<int>(1000 * status.share()));
    QString text = tr("%1 of %n run(s) finished", nullptr, static_cast<int>(total)).arg(status.finished);
    if (status.failed > 0) text += tr(", %1 failed").arg(status.failed);
    if (m_workspace.running()) {
        text += tr("\n%1 elapsed").arg(qs(format_duration(status.elapsed_s)));
        if (status.remaining_low_s && *status.remaining_high_s >= 1)
            text +=
                tr(", about %1 to %2 left")
                    .arg(qs(format_duration(*status.remaining_low_s)), qs(format_duration(*status.remaining_high_s)));
    }
    m_summary->setText(text);
    const QString message = status.stalled.empty() ? failure : tr("The runs wait: %1").arg(qs(status.stalled));
    m_message->setText(message);
    m_message->setVisible(!message.isEmpty());
    fitMessage();
    updateButtons(status);
    appendEvents();
}

// One button goes on with what stands still: paused runs, or a study that ended before its runs did.
void RunPage::updateButtons(const QueueStatus& status) {
    const bool live = m_workspace.running();
    const auto left = static_cast<int>(live ? 0 : m_workspace.resumableRuns(m_workspace.currentStudy()));
    const bool resumes = status.paused || left > 0;
    m_pause->setText(resumes ? tr("Resume") : tr("Pause"));
    m_pause->setIcon(icon(resumes ? QStringLiteral("play") : QStringLiteral("pause")));
    m_pause->setToolTip(left > 0  ? tr("Continue the %n unfinished run(s) of this study (Ctrl+P)", nullptr, left)
                        : resumes ? tr("Continue all runs (Ctrl+P)")
                                  : tr("Pause all runs after their current step; no new runs start (Ctrl+P)"));
    m_pause->setEnabled(live || left > 0);
    m_stopAll->setEnabled(live);
    offerRuns();
}

// Which run would be stopped, and which one that waits would be cancelled: two things, so that a row that was clicked
// for its curves is not what a hasty "stop" hits.
void RunPage::offerRuns() {
    const bool live = m_workspace.running();
    const QueueEntry* selected = selectedEntry();
    m_stop->offer(live ? m_model->entries() : std::vector<QueueEntry>(), selected == nullptr ? 0 : selected->run);
    m_stopOne->setText(shortcutFree(m_stop->whole()));
    const bool waits = live && selected != nullptr && selected->state == RunState::queued;
    m_takeOut->setText(waits ? shortcutFree(tr("Cancel %1, seed %2, before it starts")
                                                .arg(qs(selected->arm_label), QString::number(selected->seed)))
                             : tr("Cancel the selected waiting run"));
    m_takeOut->setEnabled(waits && isVisible()); // keys of a page that is not visible must not act
}

void RunPage::appendEvents() {
    if (!m_workspace.hasDatabase() || m_workspace.currentStudy() == 0) return;
    const auto events = m_workspace.read(
        [&](const StoreReader& reader) { return reader.events(m_workspace.currentStudy(), m_lastEvent); });
    for (const EventRecord& event : events) {
        m_lastEvent = event.id;
        const QString time = QDateTime::fromMSecsSinceEpoch(event.at_ms).toString(QStringLiteral("HH:mm:ss"));
        auto* item = new QListWidgetItem(time + QStringLiteral("  ") + qs(event.text));
        if (event.severity != "info") item->setIcon(icon(QStringLiteral("warn"), Role::error));
        m_events->insertItem(0, item);
    }
}

// A splitter knows nothing of heights that follow from widths.
void RunPage::fitMessage() {
    m_message->setMinimumHeight(m_message->text().isEmpty() ? 0 : m_message->heightForWidth(m_message->width()));
}

// Colours are part of the styles; the curves stay.
void RunPage::changeEvent(QEvent* event) {
    Page::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || m_desk == nullptr || m_desk->styles().empty()) return;
    m_workspace.read([&](const StoreReader& reader) {
        const std::vector<CurveStyle> styles = study_styles(reader, m_workspace.currentStudy());
        m_model->setStyles(styles);
        m_desk->restyle(styles);
        return true;
    });
}

} // namespace diapason::ui
