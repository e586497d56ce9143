#include "ui/run/run_page.h"

#include "core/base/format.h"
#include "core/data/metrics.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QDateTime>
#include <QHeaderView>
#include <QMessageBox>
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

RunPage::RunPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_model(new QueueModel(this)) {
    m_splitter = new QSplitter;
    m_splitter->setObjectName(QStringLiteral("runSplitter"));
    m_splitter->setHandleWidth(1);
    m_left = new QSplitter(Qt::Vertical);
    m_left->setHandleWidth(1);
    m_left->setChildrenCollapsible(false);
    m_left->addWidget(buildQueue());
    m_splitter->addWidget(m_left);
    m_splitter->addWidget(buildPlots());
    m_side = buildValues();
    m_splitter->addWidget(m_side);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({370, 700, 360});

    auto* empty = new QWidget;
    auto* emptyLayout = new QVBoxLayout(empty);
    emptyLayout->setAlignment(Qt::AlignCenter);
    auto* nothing = label("heading", tr("Nothing queued"));
    nothing->setWordWrap(false);
    emptyLayout->addWidget(nothing, 0, Qt::AlignCenter);
    auto* hint = label("secondary", tr("Runs and their curves appear here once a study has been started."));
    hint->setWordWrap(false);
    emptyLayout->addWidget(hint, 0, Qt::AlignCenter);
    auto* design = new QPushButton(tr("Go to Design"));
    design->setProperty("primary", true);
    connect(design, &QPushButton::clicked, this, &RunPage::designWanted);
    emptyLayout->addWidget(design, 0, Qt::AlignCenter);

    m_stack = new QStackedLayout(this);
    m_stack->addWidget(empty);
    m_stack->addWidget(m_splitter);

    const auto action = [this](const QString& text, const QKeySequence& key, auto&& slot) {
        auto* a = new QAction(text, this);
        a->setShortcut(key);
        connect(a, &QAction::triggered, this, slot);
        m_actions.append(a);
        return a;
    };
    action(tr("Pause or resume"), QKeySequence(QStringLiteral("Ctrl+P")), [this] { m_pause->click(); });
    action(tr("Stop the selected run"), QKeySequence(QStringLiteral("Ctrl+.")), [this] { m_stop->click(); });
    action(tr("Stop all runs"), {}, [this] { m_stopAll->click(); });
    action(tr("Log y"), QKeySequence(QStringLiteral("L")), [this] { m_log->click(); });
    action(tr("Step or wall time"), QKeySequence(QStringLiteral("X")),
           [this] { m_axis->setCurrentIndex(1 - m_axis->currentIndex()); });
    action(tr("Fit"), QKeySequence(QStringLiteral("F")), [this] {
        m_loss->fit();
        m_score->fit();
    });

    connect(&m_workspace, &Workspace::studyChanged, this, &RunPage::reload);
    connect(&m_workspace, &Workspace::queueChanged, this, &RunPage::updateQueue);
    connect(&m_workspace, &Workspace::runEvents, this, &RunPage::takeEvents);
    connect(&m_workspace, &Workspace::sessionEnded, this, [this] {
        updateQueue();
        updateValues();
    });
    m_valueTimer.setSingleShot(true);
    m_valueTimer.setInterval(250);
    connect(&m_valueTimer, &QTimer::timeout, this, &RunPage::updateValues);
    reload();
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
    m_summary = new QLabel;
    m_summary->setWordWrap(true);
    m_summary->setProperty("role", QStringLiteral("secondary"));
    m_summary->setObjectName(QStringLiteral("queueSummary"));
    top->addWidget(m_summary);
    auto* buttons = new QHBoxLayout;
    m_pause = new QPushButton(icon(QStringLiteral("pause")), tr("Pause"));
    m_stop = new QPushButton(icon(QStringLiteral("stop")), tr("Stop run"));
    m_stopAll = new QPushButton(tr("Stop all…"));
    m_pause->setObjectName(QStringLiteral("pause"));
    m_pause->setToolTip(tr("Running runs halt at their next step, nothing new starts (Ctrl+P)"));
    m_stop->setObjectName(QStringLiteral("stopRun"));
    m_stop->setToolTip(tr("Stop the selected run, else the one at work (Ctrl+.)"));
    m_stopAll->setObjectName(QStringLiteral("stopAll"));
    m_stopAll->setToolTip(tr("Stop all runs that are not finished"));
    buttons->setSpacing(6);
    for (QPushButton* button : {m_pause, m_stop, m_stopAll})
        buttons->addWidget(button);
    buttons->addStretch();
    top->addLayout(buttons);
    m_message = new QLabel;
    m_message->setWordWrap(true);
    m_message->setProperty("role", QStringLiteral("error"));
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
    m_table->horizontalHeader()->resizeSection(QueueModel::State, 98);
    m_table->horizontalHeader()->resizeSection(QueueModel::Seed, 52);
    m_table->horizontalHeader()->resizeSection(QueueModel::ProgressColumn, 72);
    layout->addWidget(m_table, 1);
    connect(m_pause, &QPushButton::clicked, this, [this] { m_workspace.pause(!m_workspace.queue().paused); });
    connect(m_stop, &QPushButton::clicked, this, [this] {
        // The selected run, else the one at work, which stands first.
        const QModelIndex row = m_table->currentIndex();
        if (m_model->rowCount() > 0) m_workspace.cancelRun(m_model->runAt(row.isValid() ? row.row() : 0));
    });
    connect(m_stopAll, &QPushButton::clicked, this, [this] {
        if (!m_workspace.running()) return;
        QMessageBox box(QMessageBox::Question, tr("Stop all runs"),
                        tr("Stop the %1 runs that are not finished?").arg(m_lastActive), QMessageBox::NoButton, this);
        box.setInformativeText(tr("Finished runs stay. Stopped ones can be queued again from their first step."));
        auto* stop = box.addButton(tr("Stop %1 runs").arg(m_lastActive), QMessageBox::AcceptRole);
        box.addButton(tr("Keep running"), QMessageBox::RejectRole);
        box.exec();
        if (box.clickedButton() == stop) m_workspace.cancelAll();
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
        if (row.isValid()) raise(m_model->armAt(row.row()));
    });
    return panel;
}

QWidget* RunPage::buildPlots() {
    auto* panel = new QWidget;
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 4);
    bar->setSpacing(spacing);
    m_axis = new QComboBox;
    m_axis->addItems({tr("x: step"), tr("x: wall time")});
    m_axis->setObjectName(QStringLiteral("xAxis"));
    m_axis->setAccessibleName(tr("Horizontal axis"));
    m_log = toggle(tr("log y"), true, tr("Logarithmic axis for losses (L)"));
    m_raw = toggle(tr("raw"), true, tr("Unsmoothed values behind the smooth line"));
    m_follow = toggle(tr("follow"), true, tr("Keep all points in view"));
    m_smooth = new QSlider(Qt::Horizontal);
    m_smooth->setRange(0, 99);
    m_smooth->setValue(60);
    m_smooth->setMaximumWidth(110);
    m_smooth->setMinimumWidth(50);
    m_smooth->setObjectName(QStringLiteral("smoothing"));
    m_smooth->setAccessibleName(tr("Smoothing"));
    m_smooth->setToolTip(tr("Weight of the moving average; evaluations are never smoothed"));
    m_metric = new QComboBox;
    m_metric->setObjectName(QStringLiteral("metric"));
    m_metric->setAccessibleName(tr("Metric of the lower plot"));
    m_metric->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    bar->addWidget(m_axis);
    bar->addWidget(m_log);
    auto* smooth = new QLabel(tr("smooth"));
    smooth->setBuddy(m_smooth);
    m_weight = new QLabel;
    m_weight->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("0.00")));
    bar->addWidget(smooth);
    bar->addWidget(m_smooth);
    bar->addWidget(m_weight);
    bar->addWidget(m_raw);
    bar->addWidget(m_follow);
    bar->addStretch();
    bar->addWidget(m_metric);
    layout->addLayout(bar);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("plotSplitter"));
    splitter->setHandleWidth(1);
    m_loss = new CurvePlot(m_curves);
    m_score = new CurvePlot(m_curves);
    splitter->addWidget(m_loss);
    splitter->addWidget(m_score);
    layout->addWidget(splitter, 1);
    connect(m_axis, &QComboBox::currentIndexChanged, this, &RunPage::updateViews);
    connect(m_metric, &QComboBox::currentIndexChanged, this, &RunPage::updateViews);
    for (QToolButton* button : {m_log, m_raw})
        connect(button, &QToolButton::toggled, this, &RunPage::updateViews);
    connect(m_smooth, &QSlider::valueChanged, this, &RunPage::updateViews);
    connect(m_follow, &QToolButton::toggled, this, [this](bool on) {
        m_loss->setFollow(on);
        m_score->setFollow(on);
    });
    m_loss->setObjectName(QStringLiteral("lossPlot"));
    m_score->setObjectName(QStringLiteral("scorePlot"));
    for (CurvePlot* plot : {m_loss, m_score}) {
        connect(plot, &CurvePlot::cursorMoved, this, [this](double x) {
            m_cursor = x;
            m_loss->setCursor(x);
            m_score->setCursor(x);
            if (!m_valueTimer.isActive()) m_valueTimer.start();
        });
        connect(plot, &CurvePlot::armClicked, this, &RunPage::raise);
        connect(plot, &CurvePlot::followChanged, m_follow, &QToolButton::setChecked);
    }
    return panel;
}

QWidget* RunPage::buildValues() {
    auto* panel = new QSplitter(Qt::Vertical);
    panel->setObjectName(QStringLiteral("valuesSplitter"));
    panel->setHandleWidth(1);
    panel->setChildrenCollapsible(false);
    panel->setMinimumWidth(180);
    m_values = new ValuePanel(m_curves);
    panel->addWidget(m_values);
    auto* log = new QWidget;
    auto* layout = new QVBoxLayout(log);
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
    panel->addWidget(log);
    panel->setSizes({420, 300});
    connect(m_values, &ValuePanel::armChosen, this, &RunPage::raise);
    connect(m_values, &ValuePanel::armHidden, this, &RunPage::hideArm);
    return panel;
}

// Three columns need room; below it the values stand under the queue.
void RunPage::resizeEvent(QResizeEvent* event) {
    Page::resizeEvent(event);
    fitMessage();
    const bool narrow = width() < 1180;
    if (narrow == (m_left->indexOf(m_side) >= 0)) return;
    if (narrow) {
        m_left->addWidget(m_side);
        m_left->setSizes({260, 340});
        m_splitter->setSizes({340, width() - 340});
    } else {
        m_splitter->addWidget(m_side);
        m_splitter->setSizes({370, width() - 730, 360});
    }
}

void RunPage::activated() {
    updateQueue();
    m_loss->refresh();
    m_score->refresh();
}

void RunPage::reload() {
    m_curves.clear();
    m_styles.clear();
    m_raised = m_lastEvent = 0;
    m_events->clear();
    const RowId study = m_workspace.currentStudy();
    m_stack->setCurrentIndex(study == 0 ? 0 : 1);
    if (study != 0) {
        m_styles = study_styles(m_workspace.reader(), study);
        m_model->setStyles(m_styles);
        for (const CurveStyle& style : m_styles)
            m_curves.load(m_workspace.reader(), style.run);
    }
    m_loss->setStyles(m_styles);
    m_score->setStyles(m_styles);
    updateMetrics();
    updateViews();
    updateQueue();
    updateValues();
}

void RunPage::takeEvents(const RunEvents& events) {
    for (const auto& [run, event] : events) {
        const bool ours = std::any_of(m_styles.begin(), m_styles.end(),
                                      [id = run](const CurveStyle& style) { return style.run == id; });
        if (ours) m_curves.apply(run, event); // another study may be at work while this one is looked at
    }
    updateMetrics();
    m_loss->refresh();
    m_score->refresh();
    if (!m_valueTimer.isActive()) m_valueTimer.start();
}

void RunPage::updateMetrics() {
    std::vector<MetricName> names;
    for (const MetricName& name : m_curves.metrics()) {
        const bool above = name.split == "train" && name.metric == measure::loss; // has the upper plot
        if (name.split == "validation" || name.split == "system" || (name.split == "train" && !above))
            names.push_back(name);
    }
    if (names.empty()) names.push_back({"validation", "", measure::loss});
    if (names == m_metrics) return;
    m_metrics = names;
    const QVariant chosen = m_metric->currentData();
    const QSignalBlocker blocker(m_metric);
    m_metric->clear();
    for (const MetricName& name : names)
        m_metric->addItem(metric_text(name).heading, QVariant::fromValue(name));
    int index = m_metric->findData(chosen);
    // The first score, not the loss that may sort before it.
    for (int i = 0; i < m_metric->count() && index < 0; ++i) {
        const MetricName& name = names[static_cast<std::size_t>(i)];
        if (name.split == "validation" && name.metric != measure::loss) index = i;
    }
    m_metric->setCurrentIndex(std::max(0, index));
    updateViews();
}

void RunPage::updateViews() {
    const bool wall = m_axis->currentIndex() == 1;
    CurveView loss;
    loss.metric = {"train", "", measure::loss};
    loss.wallTime = wall;
    loss.logY = m_log->isChecked();
    loss.raw = m_raw->isChecked();
    loss.smoothing = m_smooth->value() / 100.0;
    m_weight->setText(QString::number(loss.smoothing, 'f', 2));
    m_loss->setView(loss);
    const MetricText above = metric_text(loss.metric);
    m_loss->setHeading(above.heading, m_log->isChecked() ? tr("%1, log").arg(above.unit) : above.unit);
    CurveView score;
    score.metric = m_metric->currentData().value<MetricName>();
    score.wallTime = wall;
    score.bands = score.metric.split == "validation";
    const MetricText text = metric_text(score.metric);
    score.scale = text.scale;
    m_score->setView(score);
    m_score->setHeading(text.heading, text.unit);
    updateValues();
}

void RunPage::updateQueue() {
    const QueueStatus status = m_workspace.queue();
    const RowId selected = m_table->currentIndex().isValid() ? m_model->runAt(m_table->currentIndex().row()) : 0;
    m_model->setStatus(status);
    for (int row = 0; row < m_model->rowCount() && selected != 0; ++row) {
        if (m_model->runAt(row) == selected && m_table->currentIndex().row() != row) {
            const QSignalBlocker blocker(m_table->selectionModel());
            m_table->setCurrentIndex(m_model->index(row, 0));
        }
    }
    double done = 0;
    QString failure;
    for (const QueueEntry& entry : status.entries) {
        done += is_terminal(entry.state) ? 1
                : entry.total_steps > 0  ? static_cast<double>(entry.step) / static_cast<double>(entry.total_steps)
                                         : 0;
        if (failure.isEmpty() && (entry.state == RunState::failed || entry.state == RunState::diverged)) {
            failure = tr("%1, seed %2 %3: %4")
                          .arg(qs(entry.arm_label))
                          .arg(entry.seed)
                          .arg(stateText(entry.state), qs(entry.message));
        }
    }
    const std::size_t total = status.entries.size();
    m_lastActive = status.running + status.queued;
    m_bar->setValue(total == 0 ? 0 : static_cast<int>(1000 * done / static_cast<double>(total)));
    QString text = tr("%1 of %2 finished").arg(status.finished).arg(total);
    if (status.failed > 0) text += tr(", %1 failed").arg(status.failed);
    const bool live = m_workspace.running();
    if (live) {
        text += tr("\n%1 done").arg(qs(format_duration(status.elapsed_s)));
        if (status.remaining_low_s)
            text +=
                tr(", about %1 to %2 left")
                    .arg(qs(format_duration(*status.remaining_low_s)), qs(format_duration(*status.remaining_high_s)));
    }
    m_summary->setText(text);
    m_message->setText(failure);
    m_message->setVisible(!failure.isEmpty());
    fitMessage();
    m_pause->setText(status.paused ? tr("Resume") : tr("Pause"));
    m_pause->setIcon(icon(status.paused ? QStringLiteral("play") : QStringLiteral("pause")));
    for (QPushButton* button : {m_pause, m_stop, m_stopAll})
        button->setEnabled(live);
    if (m_workspace.hasDatabase() && m_workspace.currentStudy() != 0) {
        for (const EventRecord& event : m_workspace.reader().events(m_workspace.currentStudy(), m_lastEvent)) {
            m_lastEvent = event.id;
            const QString time = QDateTime::fromMSecsSinceEpoch(event.at_ms).toString(QStringLiteral("HH:mm:ss"));
            auto* item = new QListWidgetItem(time + QStringLiteral("  ") + qs(event.text));
            if (event.severity != "info") item->setIcon(icon(QStringLiteral("warn"), Role::error));
            m_events->insertItem(0, item);
        }
    }
}

// A splitter knows nothing of heights that follow from widths.
void RunPage::fitMessage() {
    m_message->setMinimumHeight(m_message->text().isEmpty() ? 0 : m_message->heightForWidth(m_message->width()));
}

void RunPage::raise(RowId arm) {
    m_raised = m_raised == arm ? 0 : arm;
    m_loss->setRaisedArm(m_raised);
    m_score->setRaisedArm(m_raised);
}

void RunPage::hideArm(RowId arm, bool hidden) {
    bool changed = false;
    for (CurveStyle& style : m_styles) {
        changed = changed || (style.arm == arm && style.hidden != hidden);
        if (style.arm == arm) style.hidden = hidden;
    }
    if (!changed) return;
    m_loss->setStyles(m_styles);
    m_score->setStyles(m_styles);
}

void RunPage::updateValues() {
    m_values->show(m_styles, m_score->view(), m_cursor);
}

// Colours stand in the styles; the curves stay.
void RunPage::changeEvent(QEvent* event) {
    Page::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || m_styles.empty()) return;
    std::vector<CurveStyle> styles = study_styles(m_workspace.reader(), m_workspace.currentStudy());
    for (CurveStyle& style : styles) {
        for (const CurveStyle& old : m_styles) {
            if (old.run == style.run) style.hidden = old.hidden;
        }
    }
    m_styles = std::move(styles);
    m_model->setStyles(m_styles);
    m_loss->setStyles(m_styles);
    m_score->setStyles(m_styles);
    updateValues();
}

} // namespace diapason::ui
