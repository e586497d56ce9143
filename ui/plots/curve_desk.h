// Curves of a study's runs with everything around them: the loss above, a chosen metric below, one cursor in both, the
// values of the arms beside them. The Run and the Replay page are this widget with other things at its left and above.
#pragma once

#include "ui/frame/workspace.h"
#include "ui/plots/curve_plot.h"
#include "ui/plots/study_styles.h"
#include "ui/plots/value_panel.h"

#include <QComboBox>
#include <QSplitter>
#include <QWidget>

#include <optional>
#include <set>

namespace diapason::ui {

class CurveDesk : public QWidget {
    Q_OBJECT
public:
    /// What a page decides of both plots. Evaluations are never smoothed and never logarithmic.
    struct View {
        bool wallTime = false, logY = true, raw = true;
        double smoothing = 0.6;
        double untilWall = std::numeric_limits<double>::infinity(); ///< of a replay, seconds
    };

    /// @param name under which the sizes of its panes are remembered
    /// @param side what the page shows at the left, `sideWidth` pixels wide to begin with; owned
    CurveDesk(const QString& name, QWidget* side, int sideWidth, QWidget* parent = nullptr);
    void addAbovePlots(QWidget* bar);
    void addBelowValues(QWidget* panel);
    QComboBox* metricBox() const { return m_metric; } ///< of the lower plot; its place is the page's to choose
    QWidget* valueTable() const { return m_values->table(); }

    void clear();
    /// Runs of a study, with their stored points. @throws Error when the database cannot be read
    void showRuns(const StoreReader& reader, RowId study, const std::vector<CurveStyle>& styles);
    /// More or fewer runs of the study that is shown; what has been read stays. @throws Error likewise
    void chooseRuns(const StoreReader& reader, const std::vector<CurveStyle>& styles);
    /// The same runs in other colours.
    void restyle(const std::vector<CurveStyle>& styles);
    /// Events as they come; those of runs that are not shown are left out.
    void take(const RunEvents& events);
    void setView(const View& view);
    void setFollow(bool follow);
    void fit();
    void refresh();
    /// Drawn above the others, which are dimmed; once more: as before.
    void raise(RowId arm);

    const RunCurves& curves() const { return m_curves; }
    const std::vector<CurveStyle>& styles() const { return m_styles; }

Q_SIGNALS:
    void raised(diapason::RowId arm); ///< 0 = none any more
    void followChanged(bool follow);  ///< ends when the user pans or zooms

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* buildPlots(const QString& name);
    void setStyles(std::vector<CurveStyle> styles);
    void hideArm(RowId arm, bool hidden);
    void moveCursor(double x);
    void setRaised(RowId arm);
    bool updateMetrics(); ///< @return true when others are offered now
    void updateViews();
    void updateValues();

    RunCurves m_curves;
    std::vector<CurveStyle> m_styles;
    View m_view;
    std::set<RowId> m_runs;            ///< of m_styles
    std::vector<MetricName> m_metrics; ///< that the lower plot offers
    ExpectedScore m_expected;
    std::optional<MetricName> m_chosen; ///< by hand, of the lower plot
    CurvePlot *m_loss, *m_score;
    ValuePanel* m_values;
    QComboBox* m_metric;
    QSplitter *m_splitter, *m_left, *m_right;
    QVBoxLayout* m_centre;
    int m_sideWidth;
    QTimer m_valueTimer;
    RowId m_raised = 0;
    double m_cursor = std::numeric_limits<double>::quiet_NaN();
};

} // namespace diapason::ui
