#include "ui/plots/curve_plot.h"

#include "ui/plots/axes.h"
#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <set>

namespace diapason::ui {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t bandedArms = 4; // more bands, or raw curves, than these hide each other

} // namespace

CurvePlot::CurvePlot(const RunCurves& curves, QWidget* parent)
    : QWidget(parent),
      m_curves(curves),
      m_plot(new QCustomPlot),
      m_layers(*m_plot),
      m_title(new QLabel),
      m_note(new QLabel) {
    setProperty("plot", true);
    setAttribute(Qt::WA_StyledBackground);
    auto* heading = new QHBoxLayout;
    heading->setContentsMargins(10, 4, 10, 0);
    heading->addWidget(m_title, 1);
    heading->addWidget(m_note);
    m_title->setTextFormat(Qt::RichText);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setObjectName(QStringLiteral("plotNote"));
    m_note->setProperty("role", QStringLiteral("secondary"));
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // gives way before the window has to grow
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2, 2, 2, 2); // the focus ring
    layout->setSpacing(0);
    layout->addLayout(heading);
    layout->addWidget(m_plot, 1);
    setFocusPolicy(Qt::StrongFocus);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->setPlottingHint(QCP::phFastPolylines, true);
    m_plot->setNotAntialiasedElements(QCP::aeAll); // dense lines: no smoother to the eye, several times slower
    m_plot->axisRect()->setMinimumMargins(QMargins(62, 8, 90, 34));
    dressAxes(*m_plot); // before there is a graph
    buildItems();
    connectMouse();
    m_timer.setSingleShot(true);
    m_timer.setInterval(shortestInterval); // until the first drawing has been timed
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (isVisible()) redraw();
    });
    applyColours();
}

void CurvePlot::buildItems() {
    m_labels = new EndLabels(m_plot);
    m_cursor = new QCPItemLine(m_plot);
    m_cursor->setLayer(QStringLiteral("overlay"));
    m_cursor->setVisible(false);
    m_cursor->start->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_cursor->end->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_hint = new QCPItemText(m_plot);
    m_hint->setLayer(QStringLiteral("overlay"));
    m_hint->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_hint->position->setCoords(0.5, 0.5);
    m_hint->setVisible(false);
    m_bad = newGraph();
    m_bad->setLineStyle(QCPGraph::lsNone);
    m_bad->setLayer(m_layers.front());
}

void CurvePlot::connectMouse() {
    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (event->buttons() & Qt::LeftButton) return moved();
        const double x = m_plot->xAxis->pixelToCoord(event->pos().x());
        const bool inside = m_plot->axisRect()->rect().contains(event->pos());
        Q_EMIT cursorMoved(inside ? x : nan);
    });
    connect(m_plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        if (const RowId arm = m_labels->armAt(event->pos()); arm != 0) Q_EMIT armClicked(arm);
    });
    connect(m_plot, &QCustomPlot::mouseWheel, this, [this] { moved(); });
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, [this] { fit(); });
    m_plot->installEventFilter(this);
}

bool CurvePlot::eventFilter(QObject* object, QEvent* event) {
    if (object == m_plot && event->type() == QEvent::Leave) Q_EMIT cursorMoved(nan);
    if (object == m_plot && event->type() == QEvent::Resize) refresh();
    return QWidget::eventFilter(object, event);
}

void CurvePlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColours();
        refresh();
    }
    QWidget::changeEvent(event);
}

// The cursor by keys: one step, ten with Shift, to the ends.
void CurvePlot::keyPressEvent(QKeyEvent* event) {
    const QCPRange range = m_plot->xAxis->range();
    const double from = std::isfinite(m_cursorX) ? m_cursorX : range.upper;
    const double stride = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    switch (event->key()) {
    case Qt::Key_Left:
        return Q_EMIT cursorMoved(std::max(range.lower, std::ceil(from) - stride));
    case Qt::Key_Right:
        return Q_EMIT cursorMoved(std::min(range.upper, std::floor(from) + stride));
    case Qt::Key_Home:
        return Q_EMIT cursorMoved(range.lower);
    case Qt::Key_End:
        return Q_EMIT cursorMoved(range.upper);
    default:
        QWidget::keyPressEvent(event);
    }
}

void CurvePlot::applyColours() {
    dressAxes(*m_plot);
    m_layers.applyColours();
    m_hint->setFont(plotFont(*m_plot));
    m_hint->setColor(colour(Role::secondary));
    m_cursor->setPen(QPen(colour(Role::secondary)));
}

QCPGraph* CurvePlot::newGraph() {
    QCPGraph* made = m_plot->addGraph();
    made->setAdaptiveSampling(false); // thinned already, to what the pixels can show
    return made;
}

void CurvePlot::setStyles(std::vector<CurveStyle> styles) {
    keepGraphs(std::move(styles));
    std::set<RowId> shown;
    for (std::size_t i = 0; i < m_styles.size(); ++i) {
        const CurveStyle& style = m_styles[i];
        if (!style.hidden) shown.insert(style.arm);
        ArmDrawn& arm = m_arms[style.arm];
        if (arm.mean == nullptr) {
            arm.low = newGraph();
            arm.high = newGraph();
            arm.mean = newGraph();
            arm.low->setPen(Qt::NoPen);
            arm.high->setPen(Qt::NoPen);
        }
        arm.first = i;
    }
    m_crowded = shown.size() > bandedArms;
    refresh();
}

// To hide an arm or to colour it otherwise must not cost what thousands of new graphs cost.
void CurvePlot::keepGraphs(std::vector<CurveStyle> styles) {
    std::map<RowId, Drawn> runs;
    for (std::size_t i = 0; i < m_styles.size(); ++i)
        runs.emplace(m_styles[i].run, std::move(m_drawn[i]));
    m_styles = std::move(styles);
    m_drawn.clear();
    std::set<RowId> arms;
    for (const CurveStyle& style : m_styles) {
        arms.insert(style.arm);
        if (auto kept = runs.extract(style.run); !kept.empty()) {
            m_drawn.push_back(std::move(kept.mapped()));
            continue;
        }
        Drawn& drawn = m_drawn.emplace_back();
        drawn.rest = newGraph();
        drawn.raw = newGraph();
        drawn.line = newGraph();
    }
    for (const auto& [run, drawn] : runs) {
        for (QCPGraph* graph : {drawn.rest, drawn.raw, drawn.line})
            m_plot->removeGraph(graph);
    }
    for (const auto& [arm, drawn] : m_arms) {
        if (arms.contains(arm)) continue;
        for (QCPGraph* graph : {drawn.low, drawn.high, drawn.mean})
            m_plot->removeGraph(graph);
    }
    std::erase_if(m_arms, [&](const auto& entry) { return !arms.contains(entry.first); });
}

void CurvePlot::setView(const CurveView& view) {
    m_view = view;
    m_plot->yAxis->setScaleType(view.logY ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_plot->yAxis->setTicker(view.logY ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                                       : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    m_plot->yAxis->setNumberFormat(QStringLiteral("gb"));
    m_plot->yAxis->setNumberPrecision(4);
    m_plot->xAxis->setLabel(view.wallTime ? tr("wall time, s") : tr("step"));
    refresh();
}

void CurvePlot::setHeading(const QString& title, const QString& unit) {
    m_heading = title;
    m_plot->yAxis->setLabel(unit);
    setAccessibleName(tr("Curves of %1, %2").arg(title, unit));
    setAccessibleDescription(tr("Left and Right move the cursor; the table beside the plot shows the values there."));
    refresh();
}

void CurvePlot::setRaisedArm(RowId arm) {
    if (arm == m_raised) return;
    m_raised = arm;
    m_layers.setVeiled(arm != 0);
    refresh();
}

void CurvePlot::setFollow(bool follow) {
    if (follow == m_follow) return;
    m_follow = follow;
    Q_EMIT followChanged(follow);
    refresh();
}

void CurvePlot::moved() {
    setFollow(false);
    refresh();
}

void CurvePlot::fit() {
    setFollow(true);
    refresh();
}

void CurvePlot::refresh() {
    if (!m_timer.isActive()) m_timer.start();
}

void CurvePlot::setCursor(double x) {
    if (!std::isfinite(x) && !m_cursor->visible()) return; // the mouse walks beside the curves
    m_cursorX = x;
    m_cursor->setVisible(std::isfinite(x));
    if (std::isfinite(x)) {
        m_cursor->start->setCoords(x, 0);
        m_cursor->end->setCoords(x, 1);
    }
    m_plot->layer(QStringLiteral("overlay"))->replot(); // the curves below stay as they are
}

} // namespace diapason::ui
