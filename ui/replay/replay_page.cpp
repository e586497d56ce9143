#include "ui/replay/replay_page.h"

#include "core/base/format.h"
#include "ui/plots/study_styles.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QKeyEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <map>

namespace diapason::ui {
namespace {

std::vector<CurveStyle> styles_of(const Workspace& workspace, RowId study) {
    return workspace.read([&](const StoreReader& reader) { return study_styles(reader, study); });
}

std::size_t arms_in(const std::vector<CurveStyle>& styles) {
    std::set<RowId> arms;
    for (const CurveStyle& style : styles)
        arms.insert(style.arm);
    return arms.size();
}

constexpr int sliderSteps = 10000;
constexpr double speeds[] = {1, 4, 16, 1e9};

} // namespace

PageInfo replay_page_info() {
    return {PageId::replay, ReplayPage::tr("Replay"), QStringLiteral("rewind"),
            [](Workspace& workspace) -> Page* { return new ReplayPage(workspace); }};
}

ReplayPage::ReplayPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_runs(new QTreeWidget) {
    m_runs->setObjectName(QStringLiteral("runs"));
    m_runs->setMinimumWidth(180);
    m_runs->setHeaderHidden(true);
    m_runs->setIndentation(20);
    m_runs->setAccessibleName(tr("Runs to replay"));
    dressList(m_runs);
    m_desk = new CurveDesk(QStringLiteral("replay"), m_runs, 270);
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(buildBar());
    layout->addWidget(m_desk, 1);
    auto* empty = label("secondary", tr("This database has no runs yet. A run can be replayed once it has started."));
    empty->setAlignment(Qt::AlignCenter);
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(empty);
    m_stack->addWidget(content);
    buildActions();
    connect(m_runs, &QTreeWidget::itemChanged, this, [this] { m_chosenTimer.start(); }); // one arm ticks many
    m_chosenTimer.setSingleShot(true);
    m_chosenTimer.setInterval(0);
    connect(&m_chosenTimer, &QTimer::timeout, this, &ReplayPage::chosenChanged);
    connect(&m_workspace, &Workspace::studyChanged, this, &ReplayPage::reload);
    connect(&m_workspace, &Workspace::sessionEnded, this, &ReplayPage::reload);
    m_runs->installEventFilter(this);
    m_desk->valueTable()->installEventFilter(this);
    m_timer.setInterval(50);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        const double elapsed = static_cast<double>(m_clock.restart()) / 1000;
        seek(std::min(m_duration, m_position + elapsed * speeds[m_speed->currentIndex()]));
        if (m_position >= m_duration) play(false);
    });
    play(false);
    reload();
}

QLayout* ReplayPage::buildBar() {
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 6, 12, 6);
    bar->setSpacing(spacing);
    auto* chip = new QLabel(tr("replay, read-only"));
    chip->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    chip->setProperty("role", QStringLiteral("chip"));
    m_play = new QPushButton;
    m_play->setProperty("primary", true);
    m_play->setMinimumWidth(96);
    m_play->setObjectName(QStringLiteral("play"));
    m_play->setToolTip(tr("Space"));
    m_speed = new ComboBox;
    m_speed->setObjectName(QStringLiteral("speed"));
    m_speed->addItems({tr("1 ×"), tr("4 ×"), tr("16 ×"), tr("at once")});
    m_speed->setCurrentIndex(1);
    m_speed->setAccessibleName(tr("Speed"));
    m_scrubber = new QSlider(Qt::Horizontal);
    m_scrubber->setObjectName(QStringLiteral("scrubber"));
    m_scrubber->setToolTip(tr("Left and Right: one step; with Shift: one evaluation; Home, End"));
    m_scrubber->setRange(0, sliderSteps);
    m_scrubber->setAccessibleName(tr("Position"));
    m_scrubber->setMinimumWidth(120);
    m_time = new QLabel;
    m_time->setMinimumWidth(110);
    bar->addWidget(chip);
    bar->addWidget(m_play);
    bar->addWidget(m_speed);
    bar->addWidget(m_scrubber, 1);
    bar->addWidget(m_time);
    bar->addWidget(m_desk->metricBox());
    connect(m_play, &QPushButton::clicked, this, [this] { play(!playing()); });
    connect(m_scrubber, &QSlider::sliderMoved, this, [this](int value) { seek(m_duration * value / sliderSteps); });
    return bar;
}

void ReplayPage::buildActions() {
    const auto action = [this](const QString& text, const QKeySequence& key, auto&& slot) {
        auto* made = new QAction(text, this);
        made->setShortcut(key);
        made->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        addAction(made);
        connect(made, &QAction::triggered, this, slot);
        m_actions.append(made);
    };
    action(tr("Play or pause the replay"), QKeySequence(Qt::Key_Space), [this] { play(!playing()); });
    action(tr("One step back"), QKeySequence(Qt::Key_Left), [this] { step(-1, false); });
    action(tr("One step forward"), QKeySequence(Qt::Key_Right), [this] { step(1, false); });
    action(tr("One evaluation back"), QKeySequence(QStringLiteral("Shift+Left")), [this] { step(-1, true); });
    action(tr("One evaluation forward"), QKeySequence(QStringLiteral("Shift+Right")), [this] { step(1, true); });
    action(tr("To the beginning"), QKeySequence(Qt::Key_Home), [this] { seek(0); });
    action(tr("To the end"), QKeySequence(Qt::Key_End), [this] { seek(m_duration); });
}

void ReplayPage::activated() {
    reload();
    // Ready to be played by keys, unless somebody walks along the tabs.
    const QWidget* focus = window()->focusWidget();
    if (focus == nullptr || focus->objectName() != QStringLiteral("modes")) m_scrubber->setFocus(Qt::OtherFocusReason);
}

void ReplayPage::reload() {
    const RowId study = m_workspace.currentStudy();
    const auto runs = study == 0 ? std::vector<RunRecord>()
                                 : m_workspace.read([&](const StoreReader& reader) { return reader.runs(study); });
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
    const std::vector<CurveStyle> all = styles_of(m_workspace, study);
    const bool few = arms_in(all) <= 4;
    if (any) {
        std::map<RowId, CurveStyle> styles;
        for (const CurveStyle& style : all)
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
            auto* item = new QTreeWidgetItem(group, {tr("seed %1, %2").arg(run.seed).arg(qs(name_of(run.state)))});
            item->setData(0, Qt::UserRole, static_cast<qlonglong>(run.id));
            item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
            item->setCheckState(0, unticked.count(run.id) != 0 ? Qt::Unchecked : Qt::Checked);
        }
    }
    const bool shown = any && m_workspace.read([&](const StoreReader& reader) {
        m_desk->showRuns(reader, study, chosenStyles());
        return true;
    });
    if (!shown) m_desk->clear();
    takeTimes();
}

std::vector<CurveStyle> ReplayPage::chosenStyles() const {
    std::set<RowId> chosen;
    for (int arm = 0; arm < m_runs->topLevelItemCount(); ++arm) {
        const QTreeWidgetItem* group = m_runs->topLevelItem(arm);
        for (int i = 0; i < group->childCount(); ++i) {
            if (group->child(i)->checkState(0) == Qt::Checked)
                chosen.insert(group->child(i)->data(0, Qt::UserRole).toLongLong());
        }
    }
    std::vector<CurveStyle> styles;
    for (const CurveStyle& style : styles_of(m_workspace, m_workspace.currentStudy())) {
        if (chosen.contains(style.run)) styles.push_back(style);
    }
    return styles;
}

void ReplayPage::chosenChanged() {
    if (m_runs->topLevelItemCount() == 0) return; // the study has gone meanwhile
    m_workspace.read([&](const StoreReader& reader) {
        m_desk->chooseRuns(reader, chosenStyles());
        return true;
    });
    takeTimes();
}

void ReplayPage::takeTimes() {
    findTimes();
    const bool ended = m_position >= m_duration;
    m_duration = m_pointTimes.empty() ? 0 : m_pointTimes.back();
    m_position = ended ? m_duration : std::min(m_position, m_duration);
    show();
}

// When anything became known, for the steps of the replay.
void ReplayPage::findTimes() {
    m_pointTimes.clear();
    m_evaluationTimes.clear();
    for (const MetricName& metric : curves().metrics()) {
        for (const CurveStyle& style : m_desk->styles()) {
            const Curve* curve = curves().find(style.run, metric);
            if (curve == nullptr) continue;
            m_pointTimes.insert(m_pointTimes.end(), curve->wall.begin(), curve->wall.end());
            if (metric.split == "validation")
                m_evaluationTimes.insert(m_evaluationTimes.end(), curve->wall.begin(), curve->wall.end());
        }
    }
    for (auto* times : {&m_pointTimes, &m_evaluationTimes})
        std::sort(times->begin(), times->end());
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
    CurveDesk::View view;
    // At the end nothing is left to be played, which is how a finished run looks.
    if (m_position < m_duration) view.untilWall = m_position;
    m_desk->setView(view);
    const QSignalBlocker blocker(m_scrubber);
    m_scrubber->setValue(m_duration > 0 ? static_cast<int>(sliderSteps * m_position / m_duration) : 0);
    m_time->setText(tr("%1 s of %2 s").arg(qs(format_number(m_position, 1)), qs(format_number(m_duration, 1))));
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

// Colours are part of styles and items, which are made anew.
void ReplayPage::changeEvent(QEvent* event) {
    Page::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_desk != nullptr && !m_desk->styles().empty()) reload();
}

} // namespace diapason::ui
