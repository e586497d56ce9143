#include "ui/run/run_page.h"

#include "core/base/format.h"
#include "experiments/results.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QDateTime>
#include <QHeaderView>
#include <QMessageBox>
#include <QPainter>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <map>

namespace diapason::ui {
namespace {

// A thin bar under the text of the progress column.
class ProgressDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QStyledItemDelegate::paint(painter, option, index);
        const double share = index.data(QueueModel::ShareRole).toDouble();
        if (share <= 0 || share >= 1) return;
        const QRect line(option.rect.left() + 6, option.rect.bottom() - 4, option.rect.width() - 12, 3);
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
    button->setToolTip(help);
    return button;
}

QLabel* heading(const QString& text) {
    auto* label = new QLabel(text);
    label->setProperty("role", QStringLiteral("heading"));
    return label;
}

} // namespace

RunPage::RunPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_model(new QueueModel(this)) {
    auto* splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("runSplitter"));
    splitter->setHandleWidth(1);
    splitter->addWidget(buildQueue());
    splitter->addWidget(buildPlots());
    splitter->addWidget(buildValues());
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({380, 720, 320});

    auto* empty = new QWidget;
    auto* emptyLayout = new QVBoxLayout(empty);
    emptyLayout->setAlignment(Qt::AlignCenter);
    emptyLayout->addWidget(heading(tr("Nothing queued")), 0, Qt::AlignCenter);
    auto* design = new QPushButton(tr("Go to Design"));
    connect(design, &QPushButton::clicked, this, &RunPage::designWanted);
    emptyLayout->addWidget(design, 0, Qt::AlignCenter);

    m_stack = new QStackedLayout(this);
    m_stack->addWidget(empty);
    m_stack->addWidget(splitter);

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
    top->addWidget(heading(tr("Queue")));
    m_bar = new QProgressBar;
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    m_bar->setAccessibleName(tr("Progress of the study"));
    top->addWidget(m_bar);
    m_summary = new QLabel;
    m_summary->setWordWrap(true);
    m_summary->setProperty("role", QStringLiteral("secondary"));
    top->addWidget(m_summary);
    auto* buttons = new QHBoxLayout;
    m_pause = new QPushButton(icon(QStringLiteral("pause")), tr("Pause"));
    m_stop = new QPushButton(icon(QStringLiteral("stop")), tr("Stop run"));
    m_stopAll = new QPushButton(tr("Stop all…"));
    for (QPushButton* button : {m_pause, m_stop, m_stopAll})
        buttons->addWidget(button);
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
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(rowHeight);
    m_table->setShowGrid(false);
    m_table->setIconSize(QSize(12, 12));
    m_table->setTabKeyNavigation(false);
    m_table->setItemDelegateForColumn(QueueModel::ProgressColumn, new ProgressDelegate(m_table));
    m_table->horizontalHeader()->setSectionResizeMode(QueueModel::Arm, QHeaderView::Stretch);
    m_table->horizontalHeader()->resizeSection(QueueModel::State, 98);
    m_table->horizontalHeader()->resizeSection(QueueModel::Seed, 48);
    m_table->horizontalHeader()->resizeSection(QueueModel::ProgressColumn, 80);
    m_table->horizontalHeader()->resizeSection(QueueModel::Time, 74);
    layout->addWidget(m_table, 1);
    connect(m_pause, &QPushButton::clicked, this, [this] { m_workspace.pause(!m_workspace.queue().paused); });
    connect(m_stop, &QPushButton::clicked, this, [this] {
        const QModelIndex row = m_table->currentIndex();
        if (row.isValid()) m_workspace.cancelRun(m_model->runAt(row.row()));
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
    m_log = toggle(tr("log y"), true, tr("Logarithmic axis for losses (L)"));
    m_raw = toggle(tr("raw"), true, tr("Unsmoothed values behind the smooth line"));
    m_follow = toggle(tr("follow"), true, tr("Keep all points in view"));
    m_smooth = new QSlider(Qt::Horizontal);
    m_smooth->setRange(0, 99);
    m_smooth->setValue(60);
    m_smooth->setMaximumWidth(110);
    m_smooth->setMinimumWidth(50);
    m_smooth->setAccessibleName(tr("Smoothing"));
    m_smooth->setToolTip(tr("Weight of the moving average; evaluations are never smoothed"));
    m_metric = new QComboBox;
    m_metric->setAccessibleName(tr("Metric of the lower plot"));
    m_metric->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    bar->addWidget(m_axis);
    bar->addWidget(m_log);
    bar->addWidget(new QLabel(tr("smooth")));
    bar->addWidget(m_smooth);
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
    for (CurvePlot* plot : {m_loss, m_score}) {
        connect(plot, &CurvePlot::cursorMoved, this, [this](double x) {
            m_cursor = x;
            m_loss->setCursor(x);
            m_score->setCursor(x);
            if (!m_valueTimer.isActive()) m_valueTimer.start();
        });
        connect(plot, &CurvePlot::armClicked, this, &RunPage::raise);
    }
    return panel;
}

QWidget* RunPage::buildValues() {
    auto* panel = new QWidget;
    panel->setMinimumWidth(180);
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 8, 0, 0);
    m_valuesTitle = heading({});
    m_valuesTitle->setContentsMargins(12, 0, 12, 0);
    layout->addWidget(m_valuesTitle);
    m_values = new QTableWidget(0, 4);
    m_values->setHorizontalHeaderLabels({tr("Arm"), tr("Loss"), tr("Score"), tr("n")});
    m_values->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    for (int column : {1, 2, 3})
        m_values->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    m_values->verticalHeader()->hide();
    m_values->verticalHeader()->setDefaultSectionSize(rowHeight);
    m_values->setShowGrid(false);
    m_values->setIconSize(QSize(12, 12));
    m_values->horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_values->horizontalHeaderItem(0)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_values->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_values->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_values->setSelectionMode(QAbstractItemView::SingleSelection);
    m_values->setTabKeyNavigation(false);
    m_values->setAccessibleName(tr("Values of each arm; untick to hide its curves"));
    m_values->setToolTip(tr("Select an arm to raise it, untick it to hide its curves; no statistic changes by that"));
    layout->addWidget(m_values, 3);
    auto* eventsTitle = heading(tr("Events"));
    eventsTitle->setContentsMargins(12, 0, 12, 0);
    layout->addWidget(eventsTitle);
    m_events = new QListWidget;
    m_events->setWordWrap(true);
    m_events->setAccessibleName(tr("Events of this study"));
    layout->addWidget(m_events, 2);
    connect(m_values, &QTableWidget::currentCellChanged, this, [this](int row) {
        if (row >= 0 && m_values->hasFocus()) raise(m_values->item(row, 0)->data(Qt::UserRole).toLongLong());
    });
    connect(m_values, &QTableWidget::itemChanged, this, [this](QTableWidgetItem* item) {
        const RowId arm = item->data(Qt::UserRole).toLongLong();
        if (item->column() == 0 && (item->checkState() == Qt::Unchecked) != (m_hidden.count(arm) != 0)) toggleArm(arm);
    });
    return panel;
}

void RunPage::activated() {
    updateQueue();
    m_loss->refresh();
    m_score->refresh();
}

void RunPage::reload() {
    m_curves.clear();
    m_styles.clear();
    m_hidden.clear();
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
    for (const auto& [run, event] : events)
        m_curves.apply(run, event);
    updateMetrics();
    m_loss->refresh();
    m_score->refresh();
    if (!m_valueTimer.isActive()) m_valueTimer.start();
}

void RunPage::updateMetrics() {
    QStringList names;
    for (const std::string& name : m_curves.metrics()) {
        if (name.rfind("validation/", 0) == 0 || name.rfind("system/", 0) == 0 || name == "train/gradient_norm" ||
            name == "train/learning_rate")
            names.append(qs(name));
    }
    if (names.isEmpty()) names.append(QStringLiteral("validation/accuracy"));
    if (names.size() == m_metric->count()) return;
    const QString chosen = m_metric->currentText();
    const QSignalBlocker blocker(m_metric);
    m_metric->clear();
    m_metric->addItems(names);
    int index = names.indexOf(chosen);
    if (index < 0) {
        // The first score, not the loss that sorts before it.
        for (int i = 0; i < names.size() && (index < 0 || names[index].endsWith(QStringLiteral("loss"))); ++i) {
            if (names[i].startsWith(QStringLiteral("validation/")) && !names[i].endsWith(QStringLiteral("loss")))
                index = i;
        }
    }
    m_metric->setCurrentIndex(std::max(0, index));
    updateViews();
}

void RunPage::updateViews() {
    const bool wall = m_axis->currentIndex() == 1;
    CurveView loss;
    loss.metric = "train/loss";
    loss.wallTime = wall;
    loss.logY = m_log->isChecked();
    loss.raw = m_raw->isChecked();
    loss.smoothing = m_smooth->value() / 100.0;
    m_loss->setView(loss);
    m_loss->setHeading(tr("Train loss"), m_log->isChecked() ? tr("nats per label, log") : tr("nats per label"));
    CurveView score;
    score.metric = m_metric->currentText().toStdString();
    score.wallTime = wall;
    score.bands = score.metric.rfind("validation/", 0) == 0;
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
    m_pause->setText(status.paused ? tr("Resume") : tr("Pause"));
    m_pause->setIcon(icon(status.paused ? QStringLiteral("play") : QStringLiteral("pause")));
    for (QPushButton* button : {m_pause, m_stop, m_stopAll})
        button->setEnabled(live);
    if (m_workspace.hasDatabase() && m_workspace.currentStudy() != 0) {
        for (const EventRecord& event : m_workspace.reader().events(m_workspace.currentStudy(), m_lastEvent)) {
            m_lastEvent = event.id;
            const QString time = QDateTime::fromMSecsSinceEpoch(event.at_ms).toString(QStringLiteral("HH:mm:ss"));
            auto* item = new QListWidgetItem(time + QStringLiteral("  ") + qs(event.text));
            if (event.severity != "info") item->setForeground(colour(Role::error));
            m_events->insertItem(0, item);
        }
    }
}

void RunPage::raise(RowId arm) {
    m_raised = m_raised == arm ? 0 : arm;
    m_loss->setRaisedArm(m_raised);
    m_score->setRaisedArm(m_raised);
}

void RunPage::toggleArm(RowId arm) {
    if (m_hidden.erase(arm) == 0) m_hidden.insert(arm);
    for (CurveStyle& style : m_styles)
        style.hidden = m_hidden.count(style.arm) != 0;
    m_loss->setStyles(m_styles);
    m_score->setStyles(m_styles);
}

void RunPage::updateValues() {
    // Last value at or before the cursor, else the last one; mean over the seeds that have one.
    struct Row {
        const CurveStyle* style = nullptr;
        std::vector<double> loss, score;
    };
    const bool wall = m_axis->currentIndex() == 1;
    const auto value = [&](RowId run, const std::string& metric) {
        const Curve* curve = m_curves.find(run, metric);
        double last = std::nan("");
        if (curve == nullptr) return last;
        for (std::size_t i = 0; i < curve->value.size(); ++i) {
            if (std::isfinite(m_cursor) && (wall ? curve->wall[i] : static_cast<double>(curve->step[i])) > m_cursor)
                break;
            last = curve->value[i];
        }
        return last;
    };
    const CurveView& view = m_score->view();
    std::vector<RowId> order;
    std::map<RowId, Row> rows;
    for (const CurveStyle& style : m_styles) {
        if (rows.count(style.arm) == 0) order.push_back(style.arm);
        Row& row = rows[style.arm];
        row.style = &style;
        if (const double loss = value(style.run, "train/loss"); std::isfinite(loss)) row.loss.push_back(loss);
        if (const double score = value(style.run, view.metric); std::isfinite(score))
            row.score.push_back(score * view.scale);
    }
    m_valuesTitle->setText(std::isfinite(m_cursor) ? (wall ? tr("At %1 s").arg(m_cursor, 0, 'f', 1)
                                                           : tr("At step %1").arg(static_cast<qint64>(m_cursor)))
                                                   : tr("Latest values"));
    const QSignalBlocker blocker(m_values);
    m_values->setRowCount(static_cast<int>(order.size()));
    int index = 0;
    for (const RowId arm : order) {
        const Row& row = rows[arm];
        const auto cell = [&](int column, const QString& text) {
            auto* item = m_values->item(index, column);
            if (item == nullptr) m_values->setItem(index, column, item = new QTableWidgetItem);
            item->setText(text);
            if (column > 0) item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
            return item;
        };
        auto* name = cell(0, row.style->shortLabel);
        name->setData(Qt::UserRole, static_cast<qlonglong>(arm));
        name->setData(Qt::DecorationRole, row.style->colour);
        name->setCheckState(m_hidden.count(arm) != 0 ? Qt::Unchecked : Qt::Checked);
        name->setToolTip(row.style->armLabel);
        const auto text = [](const std::vector<double>& values, int decimals) {
            if (values.empty()) return QStringLiteral("—");
            const Estimate e = estimate(values);
            return qs(e.n >= 3 ? format_number(e.mean, decimals) + " ± " + format_number(*e.half_width, decimals)
                               : format_number(e.mean, decimals));
        };
        cell(1, row.loss.empty() ? QStringLiteral("—") : qs(format_number(estimate(row.loss).mean, 3)));
        cell(2, text(row.score, view.scale == 100 ? 1 : 3));
        cell(3, QString::number(row.score.size()));
        ++index;
    }
}

} // namespace diapason::ui
