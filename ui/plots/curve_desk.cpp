#include "ui/plots/curve_desk.h"

#include "core/data/metrics.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/theme.h"

#include <QShortcut>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace diapason::ui {
namespace {

constexpr int valuesWidth = 360;
constexpr int narrowSideWidth = 340;
constexpr int valueInterval = 250; // ms between two fillings of the table

// What has a curve of its own: evaluations while it trains, the system, what the optimiser did.
bool hasCurve(const MetricName& name) {
    const bool above = name.split == "train" && name.metric == measure::loss; // has the upper plot
    return name.split == "validation" || name.split == "system" || (name.split == "train" && !above);
}

bool isScore(const MetricName& name) {
    return name.split == "validation" && name.metric != measure::loss;
}

} // namespace

CurveDesk::CurveDesk(const QString& name, QWidget* side, int sideWidth, QWidget* parent)
    : QWidget(parent),
      m_values(new ValuePanel(m_curves)),
      m_metric(new ComboBox),
      m_splitter(new QSplitter),
      m_left(new QSplitter(Qt::Vertical)),
      m_right(new QSplitter(Qt::Vertical)),
      m_sideWidth(sideWidth) {
    m_metric->setObjectName(QStringLiteral("metric"));
    m_metric->setAccessibleName(tr("Metric of the lower plot"));
    m_metric->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_splitter->setObjectName(name + QStringLiteral("Splitter"));
    m_right->setObjectName(name + QStringLiteral("Values"));
    for (QSplitter* pane : {m_splitter, m_left, m_right})
        pane->setHandleWidth(1);
    m_left->setChildrenCollapsible(false);
    m_left->addWidget(side);
    m_right->setChildrenCollapsible(false);
    m_right->setMinimumWidth(180);
    m_right->addWidget(m_values);
    m_splitter->addWidget(m_left);
    m_splitter->addWidget(buildPlots(name));
    m_splitter->addWidget(m_right);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({sideWidth, 700, valuesWidth});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_splitter);
    connect(m_values, &ValuePanel::armChosen, this, &CurveDesk::raise);
    connect(m_values, &ValuePanel::armHidden, this, &CurveDesk::hideArm);
    connect(m_metric, &QComboBox::currentIndexChanged, this, &CurveDesk::updateViews);
    connect(m_metric, &QComboBox::activated, this, [this] { m_chosen = m_metric->currentData().value<MetricName>(); });
    connect(new QShortcut(QKeySequence(Qt::Key_Escape), this), &QShortcut::activated, this, [this] {
        setRaised(0);
        moveCursor(std::numeric_limits<double>::quiet_NaN());
    });
    m_valueTimer.setSingleShot(true);
    m_valueTimer.setInterval(valueInterval);
    connect(&m_valueTimer, &QTimer::timeout, this, &CurveDesk::updateValues);
}

QWidget* CurveDesk::buildPlots(const QString& name) {
    auto* centre = new QWidget;
    m_centre = new QVBoxLayout(centre);
    m_centre->setContentsMargins(0, 0, 0, 0);
    m_centre->setSpacing(0);
    auto* plots = new QSplitter(Qt::Vertical);
    plots->setObjectName(name + QStringLiteral("Plots"));
    plots->setHandleWidth(1);
    m_loss = new CurvePlot(m_curves);
    m_score = new CurvePlot(m_curves);
    m_loss->setObjectName(QStringLiteral("lossPlot"));
    m_score->setObjectName(QStringLiteral("scorePlot"));
    for (CurvePlot* plot : {m_loss, m_score}) {
        plots->addWidget(plot);
        connect(plot, &CurvePlot::cursorMoved, this, &CurveDesk::moveCursor);
        connect(plot, &CurvePlot::armClicked, this, &CurveDesk::raise);
        connect(plot, &CurvePlot::followChanged, this, &CurveDesk::followChanged);
    }
    m_centre->addWidget(plots, 1);
    return centre;
}

void CurveDesk::addAbovePlots(QWidget* bar) {
    m_centre->insertWidget(0, bar);
}

void CurveDesk::addBelowValues(QWidget* panel) {
    m_right->addWidget(panel);
    m_right->setSizes({420, 300});
}

// Three columns need room; below it the values go under what the page shows at the left.
void CurveDesk::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const bool narrow = width() < narrowWidth;
    if (narrow == (m_left->indexOf(m_right) >= 0)) return;
    if (narrow) {
        m_left->addWidget(m_right);
        m_left->setSizes({300, 300});
        m_splitter->setSizes({narrowSideWidth, width() - narrowSideWidth});
    } else {
        m_splitter->addWidget(m_right);
        m_splitter->setSizes({m_sideWidth, width() - m_sideWidth - valuesWidth, valuesWidth});
    }
}

void CurveDesk::clear() {
    m_curves.clear();
    m_expected = {};
    setStyles({});
}

void CurveDesk::showRuns(const StoreReader& reader, RowId study, const std::vector<CurveStyle>& styles) {
    m_curves.clear();
    m_expected = expected_score(reader, study);
    chooseRuns(reader, styles);
}

void CurveDesk::chooseRuns(const StoreReader& reader, const std::vector<CurveStyle>& styles) {
    std::set<RowId> left = m_runs;
    for (const CurveStyle& style : styles) {
        left.erase(style.run);
        if (!m_curves.has(style.run)) m_curves.load(reader, style.run);
    }
    for (const RowId run : left)
        m_curves.clearRun(run);
    setStyles(styles);
}

void CurveDesk::restyle(const std::vector<CurveStyle>& styles) {
    setStyles(styles);
}

// An arm that was hidden or raised stays so for as long as it is shown.
void CurveDesk::setStyles(std::vector<CurveStyle> styles) {
    std::set<RowId> hidden;
    for (const CurveStyle& style : m_styles) {
        if (style.hidden) hidden.insert(style.arm);
    }
    bool raisedIsThere = false;
    for (CurveStyle& style : styles) {
        style.hidden = hidden.contains(style.arm);
        raisedIsThere = raisedIsThere || style.arm == m_raised;
    }
    m_styles = std::move(styles);
    m_runs.clear();
    for (const CurveStyle& style : m_styles)
        m_runs.insert(style.run);
    if (m_raised != 0 && !raisedIsThere) setRaised(0);
    m_loss->setStyles(m_styles);
    m_score->setStyles(m_styles);
    updateMetrics();
    updateViews();
}

void CurveDesk::take(const RunEvents& events) {
    for (const auto& [run, event] : events) {
        if (m_runs.contains(run)) m_curves.apply(run, event); // another study may be at work while this one is shown
    }
    if (updateMetrics()) updateViews();
    refresh();
    if (!m_valueTimer.isActive()) m_valueTimer.start();
}

void CurveDesk::refresh() {
    m_loss->refresh();
    m_score->refresh();
}

void CurveDesk::setView(const View& view) {
    m_view = view;
    updateViews();
}

void CurveDesk::setFollow(bool follow) {
    m_loss->setFollow(follow);
    m_score->setFollow(follow);
}

void CurveDesk::fit() {
    m_loss->fit();
    m_score->fit();
}

void CurveDesk::moveCursor(double x) {
    m_cursor = x;
    m_loss->setCursor(x);
    m_score->setCursor(x);
    if (!m_valueTimer.isActive()) m_valueTimer.start();
}

void CurveDesk::raise(RowId arm) {
    setRaised(m_raised == arm ? 0 : arm);
}

void CurveDesk::setRaised(RowId arm) {
    m_raised = arm;
    m_loss->setRaisedArm(arm);
    m_score->setRaisedArm(arm);
    m_values->mark(arm);
    Q_EMIT raised(arm);
}

void CurveDesk::hideArm(RowId arm, bool hidden) {
    bool changed = false;
    for (CurveStyle& style : m_styles) {
        changed = changed || (style.arm == arm && style.hidden != hidden);
        if (style.arm == arm) style.hidden = hidden;
    }
    if (!changed) return;
    m_loss->setStyles(m_styles);
    m_score->setStyles(m_styles);
}

// What judges the runs is offered from the start, and first; what somebody has chosen stays for as long as it is there.
bool CurveDesk::updateMetrics() {
    std::vector<MetricName> names;
    if (!m_expected.metric.metric.empty()) names.push_back(m_expected.metric);
    for (const MetricName& name : m_curves.metrics()) {
        if (hasCurve(name) && name != m_expected.metric) names.push_back(name);
    }
    m_metric->setEnabled(!names.empty());
    if (names == m_metrics) return false;
    m_metrics = names;
    const QSignalBlocker blocker(m_metric);
    m_metric->clear();
    for (const MetricName& name : names)
        m_metric->addItem(metric_text(name).heading, QVariant::fromValue(name));
    const auto chosen = m_chosen ? std::find(names.begin(), names.end(), *m_chosen) : names.end();
    const auto shown = chosen != names.end()               ? chosen
                       : !m_expected.metric.metric.empty() ? names.begin()
                                                           : std::find_if(names.begin(), names.end(), isScore);
    m_metric->setCurrentIndex(names.empty() ? -1 : shown == names.end() ? 0 : static_cast<int>(shown - names.begin()));
    return true;
}

void CurveDesk::updateViews() {
    CurveView loss;
    loss.metric = {"train", "", measure::loss};
    loss.wallTime = m_view.wallTime;
    loss.logY = m_view.logY;
    loss.raw = m_view.raw;
    loss.smoothing = m_view.smoothing;
    loss.untilWall = m_view.untilWall;
    m_loss->setView(loss);
    const MetricText lossText = metric_text(loss.metric);
    m_loss->setHeading(lossText.heading, m_view.logY ? tr("%1, log").arg(lossText.unit) : lossText.unit);
    CurveView score;
    score.metric = {"validation", "", measure::loss};
    if (m_metric->currentData().isValid()) score.metric = m_metric->currentData().value<MetricName>();
    score.wallTime = m_view.wallTime;
    score.bands = score.metric.split == "validation";
    score.untilWall = m_view.untilWall;
    const MetricText text = metric_text(score.metric);
    score.scale = text.scale;
    score.firstStep = score.bands ? m_expected.firstStep : 0;
    m_score->setView(score);
    m_score->setHeading(text.heading, text.unit);
    updateValues();
}

void CurveDesk::updateValues() {
    m_values->show(m_styles, m_score->view(), m_cursor);
}

} // namespace diapason::ui
