#include "ui/replay/replay_page.h"

#include "core/base/format.h"
#include "core/data/metrics.h"
#include "experiments/run/replay.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QKeyEvent>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <map>

namespace diapason::ui {
namespace {

constexpr int sliderSteps = 10000;
constexpr double speeds[] = {1, 4, 16, 1e9};

} // namespace

ReplayPage::ReplayPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_runs(new QTreeWidget),
      m_loss(new CurvePlot(m_curves)),
      m_score(new CurvePlot(m_curves)),
      m_values(new ValuePanel(m_curves)),
      m_play(new QPushButton),
      m_speed(new QComboBox),
      m_metric(new QComboBox),
      m_scrubber(new QSlider(Qt::Horizontal)),
      m_time(new QLabel) {
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 6, 12, 6);
    bar->setSpacing(spacing);
    auto* chip = new QLabel(tr("replay, read-only"));
    chip->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    chip->setProperty("role", QStringLiteral("chip"));
    bar->addWidget(chip);
    m_play->setProperty("primary", true);
    m_play->setMinimumWidth(96);
    m_play->setObjectName(QStringLiteral("play"));
    m_play->setToolTip(tr("Space"));
    m_speed->setObjectName(QStringLiteral("speed"));
    m_scrubber->setObjectName(QStringLiteral("scrubber"));
    m_scrubber->setToolTip(tr("Left and Right: one step; with Shift: one evaluation; Home, End"));
    m_runs->setObjectName(QStringLiteral("runs"));
    m_metric->setObjectName(QStringLiteral("replayMetric"));
    bar->addWidget(m_play);
    m_speed->addItems({tr("1 ×"), tr("4 ×"), tr("16 ×"), tr("at once")});
    m_speed->setCurrentIndex(1);
    m_speed->setAccessibleName(tr("Speed"));
    bar->addWidget(m_speed);
    m_scrubber->setRange(0, sliderSteps);
    m_scrubber->setAccessibleName(tr("Position"));
    m_scrubber->setMinimumWidth(120);
    bar->addWidget(m_scrubber, 1);
    m_time->setMinimumWidth(110);
    bar->addWidget(m_time);
    m_metric->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_metric->setAccessibleName(tr("Metric of the lower plot"));
    bar->addWidget(m_metric);
    layout->addLayout(bar);
    auto* splitter = m_splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("replaySplitter"));
    splitter->setHandleWidth(1);
    m_left = new QSplitter(Qt::Vertical);
    m_left->setHandleWidth(1);
    m_left->setChildrenCollapsible(false);
    m_left->addWidget(m_runs);
    m_runs->setMinimumWidth(180);
    m_runs->setHeaderHidden(true);
    m_runs->setIndentation(20);
    m_runs->setAccessibleName(tr("Runs to replay"));
    dressList(m_runs);
    splitter->addWidget(m_left);
    auto* plots = new QSplitter(Qt::Vertical);
    plots->setHandleWidth(1);
    plots->addWidget(m_loss);
    plots->addWidget(m_score);
    splitter->addWidget(plots);
    splitter->addWidget(m_values);
    m_values->setMinimumWidth(180);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({270, 800, 330});
    layout->addWidget(splitter, 1);
    auto* empty =
        label("secondary", tr("No run is stored in this database yet. A run can be replayed once it has begun."));
    empty->setAlignment(Qt::AlignCenter);
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(empty);
    m_stack->addWidget(content);

    const auto action = [this](const QString& text, const QKeySequence& key, auto&& slot) {
        auto* a = new QAction(text, this);
        a->setShortcut(key);
        a->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        addAction(a);
        connect(a, &QAction::triggered, this, slot);
        m_actions.append(a);
    };
    action(tr("Play or pause the replay"), QKeySequence(Qt::Key_Space), [this] { play(!playing()); });
    action(tr("One step back"), QKeySequence(Qt::Key_Left), [this] { step(-1, false); });
    action(tr("One step on"), QKeySequence(Qt::Key_Right), [this] { step(1, false); });
    action(tr("One evaluation back"), QKeySequence(QStringLiteral("Shift+Left")), [this] { step(-1, true); });
    action(tr("One evaluation on"), QKeySequence(QStringLiteral("Shift+Right")), [this] { step(1, true); });
    action(tr("To the beginning"), QKeySequence(Qt::Key_Home), [this] { seek(0); });
    action(tr("To the end"), QKeySequence(Qt::Key_End), [this] { seek(m_duration); });
    connect(m_play, &QPushButton::clicked, this, [this] { play(!playing()); });
    connect(m_scrubber, &QSlider::sliderMoved, this, [this](int value) { seek(m_duration * value / sliderSteps); });
    connect(m_runs, &QTreeWidget::itemChanged, this, [this] { m_chosenTimer.start(); }); // one arm ticks many
    m_chosenTimer.setSingleShot(true);
    m_chosenTimer.setInterval(0);
    connect(&m_chosenTimer, &QTimer::timeout, this, &ReplayPage::chosenChanged);
    for (CurvePlot* plot : {m_loss, m_score}) {
        connect(plot, &CurvePlot::cursorMoved, this, [this](double x) {
            m_cursor = x;
            m_loss->setCursor(x);
            m_score->setCursor(x);
            m_values->show(m_styles, m_score->view(), m_cursor);
        });
        connect(plot, &CurvePlot::armClicked, this, &ReplayPage::raise);
    }
    connect(m_values, &ValuePanel::armChosen, this, &ReplayPage::raise);
    connect(m_values, &ValuePanel::armHidden, this, &ReplayPage::hideArm);
    connect(m_metric, &QComboBox::currentIndexChanged, this, &ReplayPage::show);
    connect(&m_workspace, &Workspace::studyChanged, this, &ReplayPage::reload);
    connect(&m_workspace, &Workspace::sessionEnded, this, &ReplayPage::reload);
    m_runs->installEventFilter(this);
    m_values->table()->installEventFilter(this);
    m_timer.setInterval(50);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        const double elapsed = static_cast<double>(m_clock.restart()) / 1000;
        seek(std::min(m_duration, m_position + elapsed * speeds[m_speed->currentIndex()]));
        if (m_position >= m_duration) play(false);
    });
    play(false);
    reload();
}

void ReplayPage::activated() {
    reload();
    // Ready to be played by keys, unless somebody walks along the tabs.
    const QWidget* focus = window()->focusWidget();
    if (focus == nullptr || focus->objectName() != QStringLiteral("modes")) m_scrubber->setFocus(Qt::OtherFocusReason);
}

void ReplayPage::reload() {
    const RowId study = m_workspace.currentStudy();
    const auto runs = study == 0 ? std::vector<RunRecord>() : m_workspace.reader().runs(study);
    const bool any = std::any_of(runs.begin(), runs.end(), [](const RunRecord& run) { return run.attempt > 0; });
    m_stack->setCurrentIndex(any ? 1 : 0);
    const QSignalBlocker blocker(m_runs);
    std::set<qlonglong> unticked;
    std::set<QString> open; // groups that were unfolded
    const bool first = m_runs->topLevelItemCount() == 0;
    for (int arm = 0; arm < m_runs->topLevelItemCount(); ++arm) {
        const QTreeWidgetItem* group = m_runs->topLevelItem(arm);
        if (group->isExpanded()) open.insert(group->text(0));
        for (int i = 0; i < group->childCount(); ++i) {
            if (group->child(i)->checkState(0) == Qt::Unchecked)
                unticked.insert(group->child(i)->data(0, Qt::UserRole).toLongLong());
        }
    }
    m_runs->clear();
    std::map<RowId, QTreeWidgetItem*> groups;
    const bool few = any && m_workspace.reader().arms(study).size() <= 4;
    if (any) {
        std::map<RowId, CurveStyle> styles;
        for (const CurveStyle& style : study_styles(m_workspace.reader(), study))
            styles[style.run] = style;
        for (const RunRecord& run : runs) {
            if (run.attempt == 0) continue;
            const CurveStyle& style = styles[run.id];
            QTreeWidgetItem*& group = groups[run.arm];
            if (group == nullptr) {
                group = new QTreeWidgetItem(m_runs, {style.armLabel});
                group->setData(0, Qt::DecorationRole, style.colour);
                group->setToolTip(0, style.armLabel);
                group->setFlags(group->flags() | Qt::ItemIsUserCheckable | Qt::ItemIsAutoTristate);
                group->setExpanded(first ? few : open.count(style.armLabel) != 0);
            }
            auto* item = new QTreeWidgetItem(group, {tr("seed %1, %2").arg(run.seed).arg(qs(run.state))});
            item->setData(0, Qt::UserRole, static_cast<qlonglong>(run.id));
            item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
            item->setCheckState(0, unticked.count(run.id) != 0 ? Qt::Unchecked : Qt::Checked);
        }
    }
    chosenChanged();
}

void ReplayPage::chosenChanged() {
    std::set<RowId> chosen;
    for (int arm = 0; arm < m_runs->topLevelItemCount(); ++arm) {
        const QTreeWidgetItem* group = m_runs->topLevelItem(arm);
        for (int i = 0; i < group->childCount(); ++i) {
            if (group->child(i)->checkState(0) == Qt::Checked)
                chosen.insert(group->child(i)->data(0, Qt::UserRole).toLongLong());
        }
    }
    m_curves.clear();
    m_styles.clear();
    m_pointTimes.clear();
    m_evaluationTimes.clear();
    if (m_workspace.hasDatabase() && m_workspace.currentStudy() != 0) {
        for (const CurveStyle& style : study_styles(m_workspace.reader(), m_workspace.currentStudy())) {
            if (chosen.count(style.run) == 0) continue;
            m_styles.push_back(style);
            for (const RunEvent& event : replay_events(m_workspace.reader(), style.run)) {
                m_curves.apply(style.run, event);
                const auto* points = std::get_if<MetricPoints>(&event);
                if (points == nullptr) continue;
                for (const MetricPoint& point : points->points) {
                    m_pointTimes.push_back(point.wall_s);
                    if (point.name.split == "validation") m_evaluationTimes.push_back(point.wall_s);
                }
            }
        }
    }
    for (auto* times : {&m_pointTimes, &m_evaluationTimes})
        std::sort(times->begin(), times->end());
    const bool ended = m_position >= m_duration;
    m_duration = m_pointTimes.empty() ? 0 : m_pointTimes.back();
    m_position = ended ? m_duration : std::min(m_position, m_duration);
    const QVariant current = m_metric->currentData();
    {
        const QSignalBlocker blocker(m_metric);
        m_metric->clear();
        for (const MetricName& name : m_curves.metrics()) {
            if (name.split == "validation") m_metric->addItem(metric_text(name).heading, QVariant::fromValue(name));
        }
        int index = m_metric->findData(current);
        for (int i = 0; i < m_metric->count() && index < 0; ++i) {
            if (m_metric->itemData(i).value<MetricName>().metric != measure::loss) index = i;
        }
        m_metric->setCurrentIndex(std::max(0, index));
    }
    m_loss->setStyles(m_styles);
    m_score->setStyles(m_styles);
    show();
}

void ReplayPage::seek(double seconds) {
    m_position = std::clamp(seconds, 0.0, m_duration);
    show();
}

void ReplayPage::play(bool on) {
    if (on && m_position >= m_duration) m_position = 0;
    if (on) {
        m_clock.restart();
        m_timer.start();
    } else {
        m_timer.stop();
    }
    m_play->setText(on ? tr("Pause") : tr("Play"));
    m_play->setAccessibleName(on ? tr("Pause the replay") : tr("Play the replay"));
}

void ReplayPage::step(int direction, bool evaluations) {
    const auto& times = evaluations ? m_evaluationTimes : m_pointTimes;
    if (times.empty()) return;
    play(false);
    if (direction > 0) {
        const auto next = std::upper_bound(times.begin(), times.end(), m_position);
        seek(next == times.end() ? m_duration : *next);
    } else {
        const auto here = std::lower_bound(times.begin(), times.end(), m_position);
        seek(here == times.begin() ? 0 : *(here - 1));
    }
}

void ReplayPage::show() {
    CurveView loss;
    loss.metric = {"train", "", measure::loss};
    loss.logY = true;
    loss.smoothing = 0.6;
    // At the end nothing is left to be played, which is how a finished run looks.
    const double until = m_position < m_duration ? m_position : std::numeric_limits<double>::infinity();
    loss.untilWall = until;
    m_loss->setView(loss);
    const MetricText above = metric_text(loss.metric);
    m_loss->setHeading(above.heading, tr("%1, log").arg(above.unit));
    CurveView score;
    score.metric = {"validation", "", measure::loss};
    if (m_metric->currentData().isValid()) score.metric = m_metric->currentData().value<MetricName>();
    score.bands = true;
    const MetricText text = metric_text(score.metric);
    score.scale = text.scale;
    score.untilWall = until;
    m_score->setView(score);
    m_score->setHeading(text.heading, text.unit);
    m_values->show(m_styles, score, m_cursor);
    const QSignalBlocker blocker(m_scrubber);
    m_scrubber->setValue(m_duration > 0 ? static_cast<int>(sliderSteps * m_position / m_duration) : 0);
    m_time->setText(tr("%1 s of %2 s").arg(qs(format_number(m_position, 1)), qs(format_number(m_duration, 1))));
}

void ReplayPage::raise(RowId arm) {
    m_raised = m_raised == arm ? 0 : arm;
    m_loss->setRaisedArm(m_raised);
    m_score->setRaisedArm(m_raised);
}

void ReplayPage::hideArm(RowId arm, bool hidden) {
    for (CurveStyle& style : m_styles) {
        if (style.arm == arm) style.hidden = hidden;
    }
    m_loss->setStyles(m_styles);
    m_score->setStyles(m_styles);
}

// Three columns need room; below it the values stand under the runs.
void ReplayPage::resizeEvent(QResizeEvent* event) {
    Page::resizeEvent(event);
    const bool narrow = width() < 1180;
    if (narrow == (m_left->indexOf(m_values) >= 0)) return;
    if (narrow) {
        m_left->addWidget(m_values);
        m_splitter->setSizes({320, width() - 320});
    } else {
        m_splitter->addWidget(m_values);
        m_splitter->setSizes({270, width() - 630, 360});
    }
}

// Tree and table need the keys that move the replay elsewhere on the page.
bool ReplayPage::eventFilter(QObject* object, QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        switch (static_cast<QKeyEvent*>(event)->key()) {
        case Qt::Key_Space:
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Home:
        case Qt::Key_End:
            event->accept();
            return true;
        default:
            break;
        }
    }
    return Page::eventFilter(object, event);
}

// Colours stand in styles and items, which are made anew.
void ReplayPage::changeEvent(QEvent* event) {
    Page::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_styles.empty()) reload();
}

} // namespace diapason::ui
